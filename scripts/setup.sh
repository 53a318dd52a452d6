# Makes the virtual environment that the scripts run in. Sourced by them, from the project's directory; plain POSIX sh.
#
#   prepare_environment requirements.txt    afterwards $PYTHON runs with everything installed
#
# The environment is .venv, or the directory that AHGD_VENV names. Ready, it costs one start of Python to see that.
# Half made (killed, disk full), it is made again. Two scripts at once wait for each other.

VENV=${AHGD_VENV:-$PWD/.venv}
case $VENV in /*) ;; *) VENV=$PWD/$VENV ;; esac
PYTHON=$VENV/bin/python
unfinished=$VENV/.ahgd-ops-unfinished # there while we make or change it
made_here=$VENV/.ahgd-ops-made-here   # holds its path; only a directory that has it is ever removed
install_log=$VENV/install.log

say() {
    printf '%s\n' "$*" >&2
}

fail() {
    say "$@"
    exit 1
}

# prepare_environment REQUIREMENTS-FILE
prepare_environment() {
    requirements=$1
    case $requirements in
        requirements.txt) files=requirements.txt needed_mb=600 ;;
        benchmarks/*) files="requirements.txt requirements-dev.txt $requirements" needed_mb=1400 ;;
        *) files="requirements.txt $requirements" needed_mb=1200 ;;
    esac
    if is_ready; then return; fi
    find_python
    hold_lock
    if ! is_ready; then # the script that we waited for may have done it
        is_sound || make_environment
        install_packages
    fi
    exec 9>&-
}

is_ready() {
    [ -s "$(stamp)" ] && [ "$(fingerprint 2>/dev/null)" = "$(cat "$(stamp)")" ] && [ ! -e "$unfinished" ]
}

stamp() {
    echo "$VENV/.ahgd-ops-installed-$(echo "${1:-$requirements}" | tr / -)"
}

# What is installed, by which Python, and where: an environment that was moved has wrong paths in its programs.
fingerprint() {
    "$PYTHON" -I -c '
import hashlib, sys
text = b"".join(open(name, "rb").read() for name in sys.argv[1:])
print(hashlib.sha256(text + sys.version.encode() + sys.prefix.encode()).hexdigest())
' ${1:-$files}
}

is_sound() {
    [ ! -e "$unfinished" ] || return 1
    [ ! -e "$made_here" ] || [ "$(cat "$made_here")" = "$VENV" ] || return 1
    "$PYTHON" -I -c 'import sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)' 2>/dev/null
}

find_python() {
    without_venv=
    for candidate in python3.13 python3.12 python3.11 python3.14 python3 python; do
        "$candidate" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        system_python=$candidate
        if has_uv || "$candidate" -I -c 'import ensurepip, venv' 2>/dev/null; then return; fi
        without_venv=$candidate
    done
    if [ -n "$without_venv" ]; then
        say "$without_venv cannot make virtual environments: its module venv or ensurepip is missing."
        fail "Install it, on Debian and Ubuntu with: apt-get install python3-venv"
    fi
    say "AHGD Ops needs Python 3.11 or newer; here is $(python3 --version 2>/dev/null || echo 'no python3')."
    say "Install a newer one, for example with: apt-get install python3 python3-venv   (Debian 12, Ubuntu 24.04 or newer)"
    fail "or: brew install python@3.13   (macOS)"
}

has_uv() {
    command -v uv >/dev/null 2>&1
}

# The kernel lets go of this lock when the last process that holds it ends, so nobody has to judge whether it is stale.
hold_lock() {
    mkdir -p "$(dirname "$VENV")" 2>/dev/null || true
    [ -w "$(dirname "$VENV")" ] || fail "Cannot write to $(dirname "$VENV"): set AHGD_VENV to a directory elsewhere."
    exec 9>"$VENV.lock"
    "$system_python" -I -c '
import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("Waiting for another script that is installing ...", file=sys.stderr)
    fcntl.flock(9, fcntl.LOCK_EX)
' 9>&9
}

make_environment() {
    if [ -e "$VENV" ]; then
        may_remove || fail "$VENV is there, is not a sound virtual environment and was not made by these scripts:" \
            "move it away, or set AHGD_VENV to another directory."
        [ ! -e "$unfinished" ] || say "The last installation was not finished; making $VENV again."
        rm -rf "$VENV"
    fi
    check_space
    say "Making a virtual environment in $VENV with $("$system_python" --version) ..."
    mkdir "$VENV"
    echo "$VENV" > "$made_here"
    : > "$unfinished"
    if has_uv; then set -- --without-pip; else set --; fi # making pip takes 3 s
    "$system_python" -I -m venv "$@" "$VENV" > "$install_log" 2>&1 || explain_failure
}

may_remove() {
    [ -e "$made_here" ] || [ "$VENV" = "$PWD/.venv" ] || rmdir "$VENV" 2>/dev/null
}

check_space() {
    free=$(free_mb)
    [ "$free" -ge "$needed_mb" ] ||
        fail "Not enough room on the disk: installing needs about $needed_mb MB and $(dirname "$VENV") has $free MB." \
            "Free some, or set AHGD_VENV to a directory on another disk."
}

free_mb() {
    df -Pk "$(dirname "$VENV")" | awk 'NR == 2 { print int($4 / 1024) }'
}

install_packages() {
    : > "$unfinished"
    count=$(cat $files | grep -c '==') || true
    install_with_uv || install_with_pip || explain_failure
    for name in $files; do # the larger set contains the smaller
        if [ "$name" = requirements.txt ]; then fingerprint requirements.txt; else fingerprint; fi > "$(stamp "$name")"
    done
    rm -f "$unfinished"
}

install_with_uv() {
    has_uv || return 1
    say "Installing $count packages with uv (about 10 s) ..."
    uv pip install --quiet --python "$PYTHON" --requirements "$requirements" > "$install_log" 2>&1 && return
    if is_disk_full; then explain_failure; fi
    say "uv could not do it; trying pip."
    return 1
}

install_with_pip() {
    "$PYTHON" -I -m pip --version >/dev/null 2>&1 || "$PYTHON" -I -m ensurepip > "$install_log" 2>&1 || return 1
    say "Installing $count packages with pip (about $((count / 3)) s) ..."
    { # compiling everything would take as long again; what is imported is compiled then
        pip_status=0
        "$PYTHON" -I -m pip install --disable-pip-version-check --no-input --progress-bar off --no-compile \
            --requirement "$requirements" 2>&1 || pip_status=$?
        echo "pip ended with $pip_status"
    } | narrate
    [ "$(tail -n 1 "$install_log")" = "pip ended with 0" ]
}

# Keeps what pip says in the log and tells every tenth package.
narrate() {
    fetched=0
    : > "$install_log"
    while IFS= read -r line; do
        printf '%s\n' "$line" >> "$install_log"
        case $line in
            "Collecting "*)
                fetched=$((fetched + 1))
                [ $((fetched % 10)) -ne 0 ] || say "  $fetched of $count ..."
                ;;
            "Installing collected packages"*) say "  all here; unpacking them ..." ;;
        esac
    done
}

is_disk_full() {
    [ "$(free_mb)" -lt 20 ] || grep -q -i -e 'no space left' -e 'disk quota' "$install_log" 2>/dev/null
}

explain_failure() {
    if is_disk_full; then
        say "The disk is full: $(free_mb) MB are free in $(dirname "$VENV"), installing needs about $needed_mb MB there"
        fail "and some in ${TMPDIR:-/tmp}. Free some, or set AHGD_VENV (and TMPDIR) to directories on another disk."
    fi
    tail -n 5 "$install_log" >&2 || true
    fail "Installing failed; all of what was said is in $install_log. With the cause gone, start this script again."
}
