#!/usr/bin/env bash
# Installs what the whole test suite needs beside Python: Chromium with a Japanese font, SIPp, nginx, Caddy, and an
# Asterisk.
#
# Run as root on Debian; safe to run again. Debian 12 and 13 have no asterisk of their own, so unless one is on PATH a
# later Debian that has it is put into a folder, once, for the tests to start by chroot:
#   ${CTI_TEST_ASTERISK_ROOT:-$HOME/.cache/cti-bridge/asterisk-root}      (about 700 MB, under a minute)
# Exit status: 0 all there; 3 something is missing and this is not root on Debian; anything else a step failed.
set -euo pipefail

SUITE=forky   # the Debian release that ships Asterisk 22
OLDEST=18
ROOT=${CTI_TEST_ASTERISK_ROOT:-${HOME:?}/.cache/cti-bridge/asterisk-root}
MARK=.cti-bridge-complete

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

has_command() { command -v "$1" > /dev/null; }
has_package() { [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2> /dev/null)" = 'ii ' ]; }

# new_enough COMMAND...: does it run an Asterisk that is not too old?
new_enough() {
  local version
  version=$("$@" -V 2> /dev/null | sed -n 's/^Asterisk \([0-9]*\).*/\1/p') || return 1
  [ -n "$version" ] && [ "$version" -ge "$OLDEST" ]
}
on_path() { has_command asterisk && new_enough asterisk; }
in_folder() { [ -x "$ROOT/usr/sbin/asterisk" ]; }

packages=()
find_missing() {
  packages=()
  has_command chromium || packages+=(chromium)
  has_package fonts-noto-cjk || packages+=(fonts-noto-cjk)
  has_command sipp || packages+=(sip-tester)
  has_command openssl || packages+=(openssl)
  has_command nginx || packages+=(nginx)
  has_command caddy || packages+=(caddy)
  on_path || in_folder || has_command debootstrap || packages+=(debootstrap)
}

# install PACKAGE...: none of them may begin to serve anything, now or at the next start. Tests start their own.
install() {
  local policy=/usr/sbin/policy-rc.d service
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get -q install -y --no-install-recommends "$@"
  for service in nginx caddy; do
    case " $* " in *" $service "*) ! has_command systemctl || systemctl -q disable "$service" || true ;; esac
  done
}

# The mirror this machine already uses, whichever way its sources are written down.
mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | head -n 1
}

# build MIRROR FOLDER. In a mount namespace of its own, so that whatever debootstrap mounts is gone when it ends.
build() {
  unshare -m bash -euo pipefail -s -- "$1" "$2" "$SUITE" << 'INSIDE'
    from=$1 to=$2 suite=$3
    # The script for sid serves every release that the installed debootstrap does not know by name yet.
    debootstrap --variant=minbase "$suite" "$to" "$from" /usr/share/debootstrap/scripts/sid
    # No service may start, and apt in there goes the same way to the mirror as apt out here.
    printf '#!/bin/sh\nexit 101\n' > "$to/usr/sbin/policy-rc.d"
    chmod 755 "$to/usr/sbin/policy-rc.d"
    apt-config dump | grep -E '^Acquire::https?::Proxy' > "$to/etc/apt/apt.conf.d/00host-proxy" || true
    if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
      install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$to/etc/ssl/certs/ca-certificates.crt"
    fi
    # A release in the making is often past the date until which it calls itself valid.
    chroot "$to" apt-get -o Acquire::Check-Valid-Until=false update
    chroot "$to" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends asterisk
    chroot "$to" apt-get clean
    rm -rf "$to"/var/lib/apt/lists/*
INSIDE
}

provide_asterisk() {
  if on_path; then
    say "asterisk on PATH: $(asterisk -V)"
    return
  fi
  mkdir -p "$(dirname "$ROOT")"
  # One builder at a time; the lock goes when this process does.
  exec 9> "$ROOT.lock"
  flock 9
  if [ ! -e "$ROOT/$MARK" ] && [ -d "$ROOT" ] && [ -n "$(ls -A "$ROOT")" ]; then
    in_folder || fail "$ROOT is in the way: it is not empty and holds no Asterisk. Remove it, or set CTI_TEST_ASTERISK_ROOT."
  fi
  if ! in_folder; then
    local from part=$ROOT.part
    from=$(mirror)
    [ -n "$from" ] || fail "apt knows no Debian mirror: see /etc/apt/sources.list.d, then apt-get update"
    say "building $ROOT from Debian $SUITE (under a minute)"
    rm -rf "$part"   # left by a build that was interrupted; the name is ours alone
    build "$from" "$part" > "$ROOT.log" 2>&1 || { tail -n 30 "$ROOT.log" >&2; fail "building failed; all of it is in $ROOT.log"; }
    new_enough chroot "$part" asterisk || fail "the Asterisk in $part does not run, or is older than $OLDEST"
    touch "$part/$MARK"
    [ ! -d "$ROOT" ] || rmdir "$ROOT"
    mv "$part" "$ROOT"
  fi
  new_enough chroot "$ROOT" asterisk || fail "the Asterisk in $ROOT does not run, or is older than $OLDEST. Remove that folder and run this again."
  say "asterisk in $ROOT: $(chroot "$ROOT" asterisk -V)"
}

find_missing
if [ "$(id -u)" -ne 0 ] || [ ! -e /etc/debian_version ] || ! has_command apt-get; then
  missing=("${packages[@]}")
  on_path || in_folder || missing+=("asterisk >= $OLDEST")
  if [ ${#missing[@]} -eq 0 ]; then
    say "everything is there"
    exit 0
  fi
  { printf 'setup: missing:'; printf ' [%s]' "${missing[@]}"; printf '\nsetup: run this as root on Debian to install them\n'; } >&2
  exit 3
fi

export DEBIAN_FRONTEND=noninteractive
if [ ${#packages[@]} -gt 0 ] || { ! on_path && ! in_folder; }; then
  say "reading package lists"
  # A source that does not matter here may be out of reach; what does matter fails in the next step.
  apt-get -q update > /dev/null || say "apt-get update reported a fault; going on with what is known"
fi
if [ ${#packages[@]} -gt 0 ]; then
  say "installing ${packages[*]}"
  install "${packages[@]}"
fi
provide_asterisk
find_missing
[ ${#packages[@]} -eq 0 ] || fail "still missing: ${packages[*]}"
say "chromium: $(chromium --version 2> /dev/null | head -n 1)"
say "sipp: $(command -v sipp)"
say "proxies: $(command -v nginx) $(command -v caddy)"
say "everything is there"
