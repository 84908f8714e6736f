"""What a model, a server or a notebook may say to get out of the text that it is."""

from __future__ import annotations

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>@import '//x'</style>",
    "</pre></div></details><b>",
    "</textarea></title></style></template>",
    "[a](javascript:alert(1))",
    "![a](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "$$\\href{javascript:alert(1)}{x}$$",
    "`<b onmouseover=alert(1)>`",
    '"\' onfocus=alert(1) autofocus x="',
    "a\u2028alert(1)\u2029b",
    "a\u202e<tpircs>\u202cb",
    "{{ 7 * 7 }} ${alert(1)} %(x)s",
    "&lt;script&gt; &#60;script&#62; \\u003cscript\\u003e",
]
"""Twenty-one kinds."""
