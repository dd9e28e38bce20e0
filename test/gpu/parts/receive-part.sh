#!/bin/sh
# Keeps a part of what `npm run gpu:pack` packed, and unpacks all of them into the checkout when the last one is there.
# usage: sh test/gpu/parts/receive-part.sh FOLDER-OF-THE-PART [WHERE-PARTS-ARE-KEPT]
set -eu
part=${1:?"expected the folder of a part, such as gpu-parts/01"}
kept=${2:-"$HOME/.cflow-gpu-parts"}
root=$(cd "$(dirname "$0")/../../.." && pwd)
name=$(basename "$part")
mkdir -p "$kept/$name"
cp "$part/part" "$kept/$name/part"
cp "$part/SHA256SUMS" "$kept/SHA256SUMS"
cd "$kept"
grep " $name/part\$" SHA256SUMS | sha256sum -c --quiet -
missing=$(awk '{ print $2 }' SHA256SUMS | while read -r each; do [ -e "$each" ] || echo "${each%/part}"; done)
if [ -n "$missing" ]; then
  echo "kept; missing: $(echo $missing)"
  exit 0
fi
sha256sum -c --quiet SHA256SUMS
awk '{ print $2 }' SHA256SUMS | xargs cat | tar -xz --ignore-zeros -C "$root"
echo "unpacked into $root"
