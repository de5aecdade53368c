"""Make .venv and install the pinned packages into it; a second run finds nothing to do.

Runs under whatever Python the machine calls python3, so the first lines have to be understood
by old ones: no f-strings, standard library only.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = os.path.join(BIN, "python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
NEWER = ["python3.14", "python3.13", "python3.12", "python3.11"]


def main(arguments):
    dev = "--dev" in arguments
    if sys.version_info < OLDEST:
        return start_again_with_a_newer_python(arguments)
    files = ["requirements.txt"] + (["requirements-dev.txt"] if dev else [])
    if not venv_runs_this_version():
        make_venv()
    for name in files:
        if stamp(name) != read_stamp(name):
            install(name)
            write_stamp(name)
    return 0


def start_again_with_a_newer_python(arguments):
    for name in NEWER:
        path = shutil.which(name)
        if path:
            return subprocess.call([path, os.path.abspath(__file__)] + arguments)
    give_up(
        "Python 3.11 or newer is needed; %s is %d.%d. Install a newer one, or name it:"
        " make PYTHON=/path/to/python3" % ((sys.executable,) + sys.version_info[:2]),
        "Python 3.11 以降が必要です (%s は %d.%d)。新しい Python をインストールするか、"
        "make PYTHON=/path/to/python3 のように指定してください。"
        % ((sys.executable,) + sys.version_info[:2]),
    )


def venv_runs_this_version():
    """Whether .venv works; it does not after the machine's Python was replaced or removed."""
    ask = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    try:
        found = subprocess.check_output([VENV_PYTHON, "-c", ask], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return False
    return tuple(map(int, found.decode().split("."))) >= OLDEST


def make_venv():
    try:
        import ensurepip  # noqa: F401  (Debian keeps it in a package of its own)
        import venv
    except ImportError:
        version = "%d.%d" % sys.version_info[:2]
        give_up(
            "This Python cannot make virtual environments: venv or ensurepip is missing. On Debian"
            " and Ubuntu: apt install python3-venv (or python%s-venv)" % version,
            "この Python では仮想環境を作成できません (venv または ensurepip がありません)。"
            "Debian / Ubuntu では apt install python3-venv (または python%s-venv) を実行して"
            "ください。" % version,
        )
    say("Making the virtual environment .venv", "仮想環境 .venv を作成しています")
    venv.create(VENV, clear=True, with_pip=True)


def install(name):
    say(
        "Installing the packages of %s (a minute or so)" % name,
        "%s のパッケージをインストールしています (1 分ほどかかります)" % name,
    )
    pip = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    done = subprocess.call(pip + ["--quiet", "--require-hashes", "-r", os.path.join(ROOT, name)])
    if done != 0:
        give_up(
            "The packages could not be installed; pip's words are above. Without a way to the"
            " package index, point PIP_INDEX_URL or PIP_FIND_LINKS to one.",
            "パッケージをインストールできませんでした (上記の pip の出力を参照)。"
            "パッケージの取得先に接続できない場合は PIP_INDEX_URL または PIP_FIND_LINKS で"
            "指定してください。",
        )


def stamp(name):
    """What was installed: the file's digest and where the environment stands."""
    with open(os.path.join(ROOT, name), "rb") as file:
        return "%s %s\n" % (hashlib.sha256(file.read()).hexdigest(), VENV)


def stamp_path(name):
    return os.path.join(VENV, "installed-" + name)


def read_stamp(name):
    try:
        with open(stamp_path(name), encoding="utf-8") as file:
            return file.read()
    except OSError:
        return None


def write_stamp(name):
    with open(stamp_path(name), "w", encoding="utf-8") as file:
        file.write(stamp(name))


def say(english, japanese):
    for line in (english, japanese):
        sys.stderr.write(line.encode(encoding(), "replace").decode(encoding()) + "\n")
    sys.stderr.flush()


def encoding():
    return sys.stderr.encoding or "utf-8"


def give_up(english, japanese):
    say(english, japanese)
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
