#!/bin/sh
# Installs penaltycalc from the folder in which this file lies, without network. INSTALL.md describes it.
#
# A release goes into a folder of its own below the prefix, and is switched to by one symbolic link when it
# is complete and agrees with the worked cases: a failure leaves the release before as it was.
set -eu
umask 022
# Where what the operator's shell happens to set would change what is installed.
unset CDPATH PYTHONHOME PYTHONPATH
export PIP_CONFIG_FILE=/dev/null

prefix=/opt/penaltycalc
python=
action=install
systemd=no

usage() {
    cat <<'TEXT'
用法 / usage: ./install.sh [--prefix DIR] [--python PYTHON] [--systemd] [--rollback]

  --prefix DIR     安装目录 / where to install                  [/opt/penaltycalc]
  --python PYTHON  使用的 Python / the Python to use            [python3.X, python3]
  --systemd        同时安装 systemd 单元和 /etc/penaltycalc / also the systemd unit and /etc/penaltycalc
  --rollback       换回上一版本 / back to the release before
TEXT
}

say() { printf '%s\n' "$@"; }

fail() {
    printf 'install.sh: %s\n' "$@" >&2
    exit 1
}

fact() { sed -n "s/^$1=//p" TARGET; }

# ------------------------------------------------------------------------------------- what is checked before

check_files() {
    [ -f SHA256SUMS ] || fail "缺少 SHA256SUMS。" "SHA256SUMS is missing."
    sha256sum --check --strict --quiet SHA256SUMS >&2 ||
        fail "文件与 SHA256SUMS 不符，未安装任何内容。" "A file differs from SHA256SUMS; nothing was installed."
}

find_python() {
    if [ -z "$python" ]; then
        python=$(command -v "python$(fact python)" || command -v python3) ||
            fail "未找到 Python $(fact python)。" "Python $(fact python) was not found."
    fi
    command -v "$python" >/dev/null || fail "未找到 $python。" "$python was not found."
}

# Written so that every Python, however old, can say what is wrong with it.
check_python() {
    "$python" -c '
import platform, sys
wanted, machine, glibc = sys.argv[1:]
found = "%d.%d" % sys.version_info[:2]
if found != wanted or platform.python_implementation() != "CPython":
    sys.exit("this bundle is for CPython %s; %s is %s %s"
             % (wanted, sys.executable, platform.python_implementation(), found))
if platform.machine() != machine or sys.maxsize < 2**32:
    sys.exit("this bundle is for %s; this machine is %s" % (machine, platform.machine()))
kind, version = platform.libc_ver()
if kind != "glibc" or [int(part) for part in version.split(".")[:2]] < [int(part) for part in glibc.split(".")]:
    sys.exit("this bundle needs glibc %s or newer; this system has %s %s" % (glibc, kind, version))
try:
    import ensurepip, venv
except ImportError:
    sys.exit("this Python has no venv; the package is often called python%s-venv" % wanted)
' "$(fact python)" "$(fact machine)" "$(fact glibc)" ||
        fail "此安装包不适用于这台机器或这个 Python（原因见上）。" \
            "The bundle does not fit this machine or this Python, for the reason above."
}

# ------------------------------------------------------------------------------------------------- a release

works() { [ -e "$1/.complete" ] && "$1/bin/penaltycalc" --version >/dev/null 2>&1; }

build() {
    trap 'rm -rf "$prefix/releases/$release"' EXIT
    trap 'exit 130' HUP INT TERM
    rm -rf "$1"
    mkdir -p "$1"
    : >"$1/.penaltycalc"
    "$python" -m venv "$1" || fail "无法建立虚拟环境。" "The virtual environment could not be made."
    "$1/bin/python" -m pip --isolated --disable-pip-version-check install --quiet --no-cache-dir \
        --no-index --find-links wheels --only-binary :all: --require-hashes --requirement requirements.lock ||
        fail "pip 未能安装（原因见上），原版本不变。" "pip could not install; the release before is unchanged."
    "$1/bin/python" -m pip --isolated --disable-pip-version-check check >&2 ||
        fail "依赖不完整，原版本不变。" "Dependencies are missing; the release before is unchanged."
    # Without what settings this machine has: the release itself is asked.
    env -i PATH="$PATH" HOME="$1" "$1/bin/penaltycalc" conform >&2 ||
        fail "新版本与示例案例不一致，未启用。" "The release does not agree with the worked cases and is not used."
    install -m 0755 penaltycalc-keys "$1/bin/penaltycalc-keys"
    : >"$1/.complete"
    trap - EXIT HUP INT TERM
}

# Puts a link in the place of another one at once.
link() {
    rm -f "$prefix/$2.new"
    ln -s "$1" "$prefix/$2.new"
    mv -T "$prefix/$2.new" "$prefix/$2"
}

now() { readlink "$prefix/$1" || :; }

switch() {
    before=$(now current)
    [ "$before" = "$1" ] && return
    link "$1" current
    [ -z "$before" ] || link "$before" previous
}

# Removes releases that are neither the one in use nor the one before.
prune() {
    for folder in "$prefix"/releases/*; do
        case "releases/${folder##*/}" in
        "$(now current)" | "$(now previous)") ;;
        *) [ ! -e "$folder/.penaltycalc" ] || rm -rf "$folder" ;;
        esac
    done
}

install_release() {
    check_files
    find_python
    check_python
    release="$(fact version)-$(sha256sum SHA256SUMS | cut -c 1-12)"
    if works "$prefix/releases/$release"; then
        say "已安装，无需改动：$release" "Installed already: $release"
    else
        build "$prefix/releases/$release"
    fi
    switch "releases/$release"
    prune
    say "当前版本 / in use: $prefix/current -> $(now current)"
}

roll_back() {
    [ -x "$prefix/previous/bin/penaltycalc" ] || fail "没有上一版本。" "There is no release before."
    switch "$(now previous)"
    say "已换回 / back to: $prefix/current -> $(now current)"
}

# ---------------------------------------------------------------------------------------------- the machine's own

# DESTDIR is for trying it out: it stands before every path outside the prefix.
install_unit() {
    etc=${DESTDIR:-}/etc
    mkdir -p "$etc/systemd/system" "$etc/penaltycalc/notices"
    sed "s|/opt/penaltycalc/|$prefix/|g" penaltycalc.service >"$etc/systemd/system/penaltycalc.service.new"
    mv "$etc/systemd/system/penaltycalc.service.new" "$etc/systemd/system/penaltycalc.service"
    [ -e "$etc/penaltycalc/penaltycalc.toml" ] || cp penaltycalc.toml "$etc/penaltycalc/penaltycalc.toml"
    if [ -z "${DESTDIR:-}" ] && [ -d /run/systemd/system ]; then
        systemctl daemon-reload
    fi
    say "已安装 / installed: $etc/systemd/system/penaltycalc.service"
}

while [ $# -gt 0 ]; do
    case $1 in
    --prefix | --python)
        [ $# -gt 1 ] || fail "$1 需要一个值。" "$1 needs a value."
        if [ "$1" = --prefix ]; then prefix=${2%/}; else python=$2; fi
        shift
        ;;
    --systemd) systemd=yes ;;
    --rollback) action=rollback ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
    shift
done
case $prefix in
*[!A-Za-z0-9/._-]*) fail "目录名只能含字母、数字和 / . _ -" "The prefix may hold letters, digits and / . _ - only." ;;
/?*) ;;
*) fail "目录必须是绝对路径。" "The prefix must be an absolute path." ;;
esac
# A relative path is the operator's, not that of this folder.
case $python in
/*) ;;
*/*) python=$PWD/$python ;;
esac
if [ "$systemd" = yes ] && [ -z "${DESTDIR:-}" ]; then
    case $prefix/ in
    /home/* | /root/* | /tmp/* | /var/tmp/*) fail "单元看不到 $prefix。" "The unit does not see $prefix." ;;
    esac
fi
cd "$(dirname "$0")"

if [ "$action" = rollback ]; then roll_back; else install_release; fi
if [ "$systemd" = yes ]; then install_unit; fi
