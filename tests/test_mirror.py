"""The tests mirror the package: each module has a file of tests of its name, at the same place."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]


def place_of_tests(module):
    """Return where the tests of a module are."""
    folder = module.relative_to(ROOT / "chat_magic").parent
    return ROOT / "tests" / folder / f"test_{module.stem.strip('_')}.py"


def modules():
    """Return the modules of the package that hold code of their own."""
    files = sorted((ROOT / "chat_magic").rglob("*.py"))
    return [file for file in files if file.name != "__init__.py"]


def test_every_module_has_tests_of_its_name():
    """`chat_magic/a/b.py` is tested by `tests/a/test_b.py`."""
    missing = {
        module.relative_to(ROOT).as_posix()
        for module in modules()
        if not place_of_tests(module).exists()
    }
    assert missing == set()


def test_no_two_modules_have_one_name():
    """A name in an import or a traceback says which file is meant."""
    names = [module.stem for module in modules()]
    assert {name for name in names if names.count(name) > 1} == set()
