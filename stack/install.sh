#!/bin/bash
# Checks that everything needed is there and installs what is missing: Debian packages (packages.txt), Kafka's jars (kafka/pom.xml),
# the page's libraries (www/package-lock.json), Python's (tests/requirements.txt), clients of the exchange (tests/clients), toxiproxy. Usage: stack/install.sh run|test|soak
# (soak: what test needs, and freqtrade)
# When all is there it takes a fraction of a second, touches nothing and needs no network.
set -u
cd "$(dirname "$0")/.." || exit 1
. stack/common.sh
purpose=${1:-test}

# The rows of packages.txt that this purpose needs.
rows() {
	awk -v purpose="$purpose" '
		/^\[/ { wanted = ($0 == "[run]" || purpose != "run"); next }
		wanted && NF && !/^#/ { print $1 }' packages.txt
}

# Prints the packages that are missing.
missing_packages() {
	local installed row package command
	# Unknown packages make dpkg-query fail; what it prints is right all the same.
	# shellcheck disable=SC2016 # dpkg-query's own variables
	installed=$(rows | cut -d: -f1 | xargs dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null)
	while read -r row; do
		package=${row%%:*}
		command=${row#"$package"}
		command=${command#:}
		[[ $'\n'$installed$'\n' == *$'\n'"installed $package"$'\n'* ]] && continue
		[[ -n $command ]] && command -v "$command" >/dev/null && continue
		echo "$package"
	done < <(rows)
}

# Packages must not start services: a stand-in policy-rc.d says no while apt works. A user's own one is left alone.
# The lists are fetched only if there are none, or if they are too old to install from.
read -r -d '' APT <<'SCRIPT'
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	trap 'exit 1' INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
fi
install() { apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null; }
if ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
	install "$@" && exit 0
fi
apt-get update -qq && install "$@"
SCRIPT

install_packages() {
	local sudo=()
	if [[ $(id -u) -ne 0 ]]; then
		command -v sudo >/dev/null || die "these packages are missing; install them as root: apt-get install $*"
		sudo=(sudo)
	fi
	say "installing with apt: $*"
	"${sudo[@]}" bash -c "$APT" apt "$@" >build/log/apt.log 2>&1 || {
		tail -n 20 build/log/apt.log >&2
		die "apt-get could not install: $* (all of its output: build/log/apt.log)"
	}
}

check_distribution() {
	local ID='' VERSION_ID=''
	[[ ! -r /etc/os-release ]] || eval "$(grep -E '^(ID|VERSION_ID)=' /etc/os-release)"
	[[ $ID == debian && $VERSION_ID == 12 ]] && return
	{
		say "pricegraph installs its packages by itself on Debian 12 (bookworm) only; this is '$ID $VERSION_ID'."
		say "Needed are what Debian calls (for a name with a colon the command behind it suffices):"
		rows | sed 's/^/  /'
		say "When all of it is there: make DEPS=present ..."
	} >&2
	exit 2
}

# changed <stamp> <text>: whether the stamp does not hold the text.
changed() {
	[[ ! -f $1 || $(<"$1") != "$2" ]]
}

# run_logged <name> <command...>: output goes to build/log/<name>.log and is shown only when it fails.
run_logged() {
	local log=build/log/$1.log
	shift
	"$@" </dev/null >"$log" 2>&1 && return
	tail -n 20 "$log" >&2
	die "this failed: $* (all of its output: $log)"
}

sum_of() {
	sha256sum -- "$@" | sha256sum | cut -c 1-64
}

# The page's libraries; eslint and playwright-core only for the tests. What the tests need serves `make run` too.
install_page() {
	local sum stamp=www/node_modules/.pricegraph
	sum=$(sum_of www/package.json www/package-lock.json www/vendor.sh)
	changed "$stamp" "$sum test" || return 0
	[[ $purpose != run ]] || changed "$stamp" "$sum run" || return 0
	say "installing the page's libraries with npm"
	local omit=()
	[[ $purpose != run ]] || omit=(--omit=dev)
	run_logged npm npm ci --prefix www --no-audit --no-fund --ignore-scripts "${omit[@]}"
	run_logged vendor www/vendor.sh
	echo "$sum ${purpose/soak/test}" >"$stamp"
}

install_kafka() {
	cmp -s kafka/pom.xml build/kafka/pom.xml && [[ -e build/kafka/classes.jsa ]] && return
	say "installing Kafka's jars with Maven"
	run_logged maven stack/kafka.sh jars
}

install_python() {
	local sum stamp=build/venv/.pricegraph
	sum=$(sum_of tests/requirements.txt)
	changed "$stamp" "$sum" || return 0
	say "installing Python packages of the tests with pip"
	run_logged venv python3 -m venv build/venv
	run_logged pip build/venv/bin/python -m pip install -q --disable-pip-version-check -r tests/requirements.txt
	echo "$sum" >"$stamp"
}

# Clients of the exchange that the tests point at us: one in JavaScript, and one that can't stand beside another in build/venv.
install_clients() {
	local sum stamp=build/clients/.pricegraph
	sum=$(sum_of tests/clients/package.json tests/clients/package-lock.json tests/clients/requirements.txt)
	changed "$stamp" "$sum" || [[ ! -d tests/clients/node_modules ]] || return 0
	say "installing clients of the exchange with npm and pip"
	rm -rf build/clients
	run_logged clients-npm npm ci --prefix tests/clients --no-audit --no-fund --ignore-scripts --omit=optional
	run_logged clients-pip build/venv/bin/python -m pip install -q --disable-pip-version-check --target build/clients -r tests/clients/requirements.txt
	echo "$sum" >"$stamp"
}

# 0.8 GB: only for `make soak`.
install_freqtrade() {
	local sum stamp=build/freqtrade/.pricegraph
	sum=$(sum_of tests/soak/requirements.txt)
	changed "$stamp" "$sum" || return 0
	say "installing freqtrade with pip"
	run_logged freqtrade-venv python3 -m venv build/freqtrade
	run_logged freqtrade-pip build/freqtrade/bin/python -m pip install -q --disable-pip-version-check -r tests/soak/requirements.txt
	echo "$sum" >"$stamp"
}

# The proxy that breaks connections in tests/soak, by Go's own client.
toxiproxy=v2.5.0
install_toxiproxy() {
	[[ -x build/toxiproxy/$toxiproxy ]] && return
	say "installing toxiproxy with go"
	mkdir -p build/toxiproxy
	run_logged toxiproxy env GOTOOLCHAIN=local GOFLAGS=-mod=mod GOBIN="$PWD/build/toxiproxy" \
		go install "github.com/Shopify/toxiproxy/v2/cmd/server@$toxiproxy"
	mv build/toxiproxy/server "build/toxiproxy/$toxiproxy"
}

mkdir -p build/log || exit 1
exec 9>build/log/install.lock
flock 9 || exit 1
if [[ ${DEPS:-} != present ]]; then
	check_distribution
	mapfile -t missing < <(missing_packages)
	[[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
fi
install_kafka
install_page
[[ $purpose == run ]] || { install_python && install_clients && install_toxiproxy; }
[[ $purpose != soak ]] || install_freqtrade
