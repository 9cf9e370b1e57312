#!/bin/sh
# What is built here runs with the C library and libuv of Debian 13, too, behind
# its system-call filter: newer ones ask the kernel for other things.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
case $B in /*) ;; *) B=$PWD/$B ;; esac
. tests/platform/packages
folder=$B/headers/libraries
name='masqd serves socket links with the libraries of Debian 13'

echo 1..1
if ! fetch trixie "$folder" libc6 libuv1t64; then
	echo "ok 1 - $name # SKIP they cannot be fetched: no mirror in reach"
	exit 0
fi
loader=$(find "$folder/root/usr/lib" -name 'ld-linux*.so.*' | head -n 1)
cat >"$folder/masqd" <<END
#!/bin/sh
exec "$loader" --library-path "${loader%/*}" "$B/masqd/masqd" "\$@"
END
chmod +x "$folder/masqd"
if "$folder/masqd" --version >/dev/null &&
    MASQD=$folder/masqd tests/e2e/03-socket-links.py >"$folder/said" 2>&1; then
	echo "ok 1 - $name"
else
	echo "not ok 1 - $name"
	sed 's/^/# /' "$folder/said"
	exit 1
fi
