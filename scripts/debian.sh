# Installs programs of Debian that tests and benches need. Sourced after setup.sh.

# install_programs PROGRAM...: for these, the package has the program's name. Only root can; others are told.
install_programs() {
    missing=
    for program in "$@"; do
        (PATH=$PATH:/usr/sbin:/usr/local/sbin; command -v "$program" >/dev/null) || missing="$missing $program"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        say "!! Not installed:$missing. What needs them will NOT run. As root: apt-get install$missing"
        return 0
    fi
    say "Installing$missing from Debian (one or two minutes) ..."
    apt_log=$(mktemp)
    if apt_get update && without_services apt_get install $missing; then
        rm -f "$apt_log"
    else
        tail -n 5 "$apt_log" >&2
        say "!! Debian's$missing could not be installed; what needs them will fail. The log is $apt_log."
    fi
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=240 --yes --no-install-recommends "$@" \
        >> "$apt_log" 2>&1
}

# Some packages start a service when they are installed; this is Debian's way to say no.
without_services() {
    policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then
        "$@"
        return
    fi
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    installed=0
    "$@" || installed=1
    rm -f "$policy"
    trap - EXIT INT TERM
    return "$installed"
}
