#!/bin/sh
# Copies the browser builds of the libraries from node_modules/ into vendor/, with their licences.
# Run after `npm ci --prefix www`; running it again changes nothing. No network.
set -eu
cd "$(dirname "$0")"

copy() { # <package> <file inside it>
	[ -f "node_modules/$1/$2" ] || { echo "vendor.sh: no node_modules/$1/$2: run npm ci --prefix www" >&2; exit 1; }
	# Source maps are not shipped, so their comment would only make browsers ask for them.
	sed '/^\/\/# sourceMappingURL=/d' "node_modules/$1/$2" > "vendor.new/$(basename "$2")"
	cp "node_modules/$1/LICENSE.md" "vendor.new/$1.LICENSE.md"
}

trap 'rm -rf vendor.new' EXIT
rm -rf vendor.new
mkdir vendor.new
copy chart.js dist/chart.umd.min.js
copy luxon build/global/luxon.min.js
copy chartjs-adapter-luxon dist/chartjs-adapter-luxon.umd.min.js
copy chartjs-chart-financial dist/chartjs-chart-financial.min.js
rm -rf vendor
mv vendor.new vendor
