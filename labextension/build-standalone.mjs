/** Builds the views for pages that are not JupyterLab's: a script, a style sheet, a renderer. */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { minify } from 'terser';

/** Leaves out of the shared constants what only the cell's side of the extension reads. */
const usedConstants = {
  name: 'used-constants',
  setup({ onLoad }) {
    onLoad({ filter: /constants\.json$/ }, async ({ path }) => {
      const constants = JSON.parse(await readFile(path, 'utf-8'));
      const code = await codeOfViews();
      const used = object =>
        Object.fromEntries(Object.entries(object).filter(([name]) => code.includes(name)));
      const { patterns, ...others } = constants;
      const contents = JSON.stringify({ ...used(others), patterns: used(patterns) });
      return { contents, loader: 'json' };
    });
  }
};

async function codeOfViews() {
  const files = await readdir('src/result', { recursive: true });
  const paths = files.filter(name => name.endsWith('.ts')).map(name => `src/result/${name}`);
  const texts = await Promise.all(
    [...paths, 'src/patterns.ts'].map(path => readFile(path, 'utf-8'))
  );
  return texts.join('\n');
}

/** Leaves out the table of rows, which pages keep as its static picture: there is no room for it. */
const withoutRows = {
  name: 'without-rows',
  setup({ onLoad }) {
    onLoad({ filter: /rowsView\.ts$/ }, () => ({
      contents: 'export class RowsView {}',
      loader: 'ts'
    }));
  }
};

/** Leaves out the enumerations of the JSON parser that nothing reads, as their names repeat. */
const unusedEnums = {
  name: 'unused-enums',
  setup({ onLoad }) {
    onLoad({ filter: /jsonc-parser\/lib\/esm\/main\.js$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf-8');
      const pure = code.replace(
        /export var (\w+);\n\(function \(\1\) \{([^]*?)\}\)\(\1 \|\| \(\1 = \{\}\)\);/g,
        'export const $1 = /* @__PURE__ */ (function ($1) {$2 return $1; })({});'
      );
      return { contents: pure, loader: 'js' };
    });
  }
};

/** Leaves out of marked what sets it up and extends it: the views only parse. */
const onlyParser = {
  name: 'only-parser',
  setup({ onLoad }) {
    onLoad({ filter: /marked\.esm\.js$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf-8');
      const parser = code.replace(
        /var \w+=new \w+;function [^]*export\{[^]*?(\w+) as Lexer,[^]*?(\w+) as Parser,[^]*/,
        'export{$1 as Lexer,$2 as Parser};'
      );
      return { contents: parser, loader: 'js' };
    });
  }
};

const folder = '../chat_magic/view/html';
const notice =
  '/*! with marked, (c) 2018+ MarkedJS, (c) 2011-2018 Christopher Jeffrey; MIT license */';
const options = {
  bundle: true,
  minify: true,
  charset: 'utf8',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [usedConstants, withoutRows, unusedEnums, onlyParser]
};

const { metafile } = await build({
  ...options,
  metafile: true,
  entryPoints: { standalone: 'src/standalone/standalone.ts' },
  outdir: folder,
  format: 'iife',
  globalName: 'chatMagic'
});
// A second pass takes off what the size limit needs; `<` is escaped where it would change how a page
// parses the element that holds the script, which is in texts and patterns only.
const built = await readFile(`${folder}/standalone.js`, 'utf-8');
const { code } = await minify(built, {
  compress: { passes: 3, ecma: 2020, unsafe_arrows: true, pure_getters: true },
  format: { preamble: notice }
});
await writeFile(`${folder}/standalone.js`, code.replace(/<(?=!--|\/?script)/gi, '\\x3c'));

await mkdir('lib', { recursive: true });
await writeFile('lib/standalone.meta.json', JSON.stringify(metafile));

await build({
  ...options,
  entryPoints: { renderer: 'src/standalone/vscodeRenderer.ts' },
  outdir: 'vscode',
  format: 'esm',
  loader: { '.css': 'empty' },
  banner: { js: notice },
  define: { STANDALONE_STYLE: JSON.stringify(await readFile(`${folder}/standalone.css`, 'utf-8')) }
});
