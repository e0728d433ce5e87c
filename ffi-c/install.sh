#!/bin/sh
# Installs the C library below PREFIX: header, static and shared library, pkg-config file. Called by `make install-c`.
set -eu
cd "$(dirname "$0")/.."
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
mkdir -p "$PREFIX/include" "$PREFIX/lib/pkgconfig"
install -m 644 ffi-c/include/ripplemark.h "$PREFIX/include/"
install -m 644 "$TARGET/libripplemark.a" "$PREFIX/lib/"
install -m 755 "$TARGET/libripplemark.so" "$PREFIX/lib/libripplemark.so.$version"
ln -sf "libripplemark.so.$version" "$PREFIX/lib/libripplemark.so.0"
ln -sf libripplemark.so.0 "$PREFIX/lib/libripplemark.so"
cat >"$PREFIX/lib/pkgconfig/ripplemark.pc" <<PC
prefix=$PREFIX
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: ripplemark
Description: one KPI book, and the same number, to the last bit, everywhere
Version: $version
Libs: -L\${libdir} -lripplemark
Libs.private: -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc
Cflags: -I\${includedir}
PC
echo "installed below $PREFIX"
