"""The JupyterLab extension as it is packed: one version, and no Node where it is installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import chat_magic

ROOT = Path(__file__).parents[1]
SHARE = "share/jupyter/labextensions/chat-magic"


def version_in(name):
    """Return the version that a JSON file of the extension states."""
    return json.loads((ROOT / "labextension" / name).read_text())["version"]


def test_both_halves_have_one_version():
    """It is written in `chat_magic/__init__.py`; the build reads it there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" in project["dynamic"]
    versions = map(version_in, ("package.json", "package-lock.json", "vscode/package.json"))
    assert set(versions) == {chat_magic.__version__}


def test_the_lock_names_no_host_to_fetch_from():
    """Whoever builds fetches from their own registry."""
    assert '"resolved"' not in (ROOT / "labextension" / "package-lock.json").read_text()


def bundled_packages():
    """Return the bill of materials of the extension, and its components by name and version."""
    bill = json.loads((ROOT / "labextension" / "sbom.cdx.json").read_text("utf-8"))
    return bill, {(part["name"], part["version"]): part for part in bill["components"]}


def test_the_bill_of_materials_names_the_packages_that_the_lock_installs():
    """`make build` writes it; packages whose code is in what is built, and no others."""
    bill, packages = bundled_packages()
    lock = json.loads((ROOT / "labextension" / "package-lock.json").read_text())["packages"]
    assert bill["metadata"]["component"]["version"] == chat_magic.__version__
    assert {"marked", "jsonc-parser"} <= {name for name, _version in packages}
    assert {lock[f"node_modules/{name}"]["version"] for name, _version in packages} == {
        version for _name, version in packages
    }


def test_the_license_of_each_bundled_package_is_in_the_package():
    """Each with its version, its short name and its text."""
    _bill, packages = bundled_packages()
    text = (ROOT / "labextension" / "THIRD_PARTY_LICENSES.txt").read_text("utf-8")
    headings = re.findall(r"^-{78}\n(.+)\n-{78}$", text, re.MULTILINE)
    assert headings == [
        f"{name} {version}, {part['licenses'][0]['license']['id']}"
        for (name, version), part in packages.items()
    ]
    assert text.count("WITHOUT WARRANTY OF ANY") == len(packages)


@pytest.fixture(scope="module")
def path_without_node(tmp_path_factory):
    """Return a PATH of Python alone."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "python3").symlink_to(sys.executable)
    return str(folder)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory, path_without_node):
    """Return a wheel made of an sdist, on a machine without Node."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    with_builder = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run([*build, "-t", "sdist"], ROOT, with_builder)
    (sdist,) = folder.glob("*.tar.gz")
    subprocess.run(["tar", "xf", str(sdist), "-C", str(folder)], check=True)
    (source,) = folder.glob("chat_magic-*/")
    run([*build, "-t", "wheel"], source, path_without_node)
    (wheel,) = folder.glob("*.whl")
    return wheel


def run(command, folder, path, **environment):
    """Run a command with this PATH and return what it says."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_wheel_from_an_sdist_is_found_enabled_and_ok_without_node(
    wheel, path_without_node, tmp_path
):
    """In a prefix of its own, seen by the JupyterLab that runs the tests."""
    prefix = tmp_path / "prefix"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--prefix", str(prefix)]
    run([*install, "--ignore-installed", str(wheel)], tmp_path, path_without_node)
    share = str(prefix / "share" / "jupyter")
    said = run(
        [sys.executable, "-m", "jupyter", "labextension", "list"],
        tmp_path,
        path_without_node,
        JUPYTER_PATH=share,
        JUPYTER_DATA_DIR=str(tmp_path),
        NO_COLOR="1",
    )
    plain = re.sub(r"\x1b\[\d*m", "", said)
    ours = plain[plain.index(str(prefix)) :].split("\n\n")[0]
    assert f"chat-magic v{chat_magic.__version__} enabled OK (python, chat-magic)" in ours


def test_the_package_itself_does_not_hold_the_extension_again(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.startswith("chat_magic/_labextension")]
    assert any(name.endswith(f"{SHARE}/package.json") for name in names)
    assert any(name.endswith(f"{SHARE}/install.json") for name in names)


def test_a_wheel_lists_the_licenses_and_the_packages_that_are_in_it(wheel):
    """Where installers and scanners look: beside its metadata."""
    names = zipfile.ZipFile(wheel).namelist()
    (metadata,) = {name.split("/")[0] for name in names if ".dist-info/" in name}
    assert {
        f"{metadata}/licenses/LICENSE",
        f"{metadata}/licenses/labextension/THIRD_PARTY_LICENSES.txt",
        f"{metadata}/sboms/sbom.cdx.json",
    } <= set(names)
