#!/usr/bin/env bash
# A buildpack's bin/compile without fetchkit: what the benchmarks compare with.
#
#   URL=… KEY_URL=… compile.sh BUILD_DIR
#
# It does what such scripts do, in the order in which they do it. It pins no
# fingerprint, keeps no cache, and leaves half an install when it fails: fetchkit has
# to pay for all of that within its own time.
set -euo pipefail

build_dir=$1
dir="$build_dir/vendor/tool/bin"
file=$(basename "$URL")
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

mkdir -p "$dir" "$build_dir/.profile.d"
curl -fsSL "$URL" -o "$dir/$file"
curl -fsSL "$URL.asc" -o "$temp/tool.asc"
curl -fsSL "$KEY_URL" -o "$temp/key.asc"

gpg --batch --quiet --import "$temp/key.asc"
gpg --batch --quiet --verify "$temp/tool.asc" "$dir/$file"

chmod 755 "$dir/$file"
ln -s "$file" "$dir/tool"
# shellcheck disable=SC2016
echo 'export PATH="$HOME/vendor/tool/bin:$PATH"' >> "$build_dir/.profile.d/tool.sh"
