# pricegraph. `make run` starts everything, `make test` proves it; README.md says more.
# Variables: VARIANT=<folder under build/>, SAN=address,undefined | thread, PORT=, FEED=, DATA=, SPEED= (make run).
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

comma := ,
SAN ?=
VARIANT ?= $(if $(SAN),$(firstword $(subst $(comma), ,$(SAN))),release)
B := build/$(VARIANT)

CC ?= cc
CPPFLAGS := -D_GNU_SOURCE -I. -Ilib -I$(B)/gen $(shell pkg-config --cflags-only-I libpq 2>/dev/null)
CFLAGS ?= -O2 -g
WARN := -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wundef -Wformat=2 -Wno-format-nonliteral -Wno-format-zero-length -Werror -fno-common
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
LDFLAGS := -Wl,--as-needed $(SANFLAGS) -pthread
FLAGS = $(CPPFLAGS) $(CFLAGS) $(WARN) $(SANFLAGS) -pthread -MMD -MP

# Objects in the order of the data's flow.
LIB := err clock monitor utf8 buf decimal interval pair inifile kafka_property setting settings settings_table settings_options metrics progress log_sink log_line log_sinks log_repeat log retry idset \
	stream json_scan field member event candle second control fill given topic cursor \
	kafka_conf kafka_offsets kafka_describe kafka_admin kafka_producer kafka_record kafka_merge kafka_consumer pg_array pg_wait pg pg_pipeline pg_copy
SINK := kafka_to_pg sink_round sink_bisect sink_refused sink_load sink_load_ids sink_take sink_session sink_settle sink_holes id_mark sink_repair sink_history sink_history_take sink_given sink_state sink_batch sink_seal \
	sink_writer sink_commit sink_horizon sink_raw sink_rows second_source sink_late sink_bars sink_minute sink_facts sink_fill sink_others sink_meta sink_observe retention maintenance topics
REST := binance_rest rest_answer_head rest_budget rest_limits
HISTORY := history_row history_out history_ahead history_write rest_rows rest_history
BACKFILL := rest_to_kafka backfill_work backfill_plan backfill_answered $(HISTORY)
# A connection's life.
LINK := feed_link feed_connection feed_hear feed_socket feed_loop feed_watch feed_dial feed_backoff feed_attempts feed_attempts_file feed_resolver \
	feed_silence feed_record
# Which symbols and streams, also for pricegraphctl.
CHOICE := feed_choice feed_catalog feed_wants
COLLECTOR := collector collector_health collector_watch collector_http collector_reload \
	ws_to_kafka $(CHOICE) feed_symbols feed_links feed_plan $(LINK) feed_frame feed_count \
	feed_whole feed_subscribe feed_subscribe_answer feed_sessions feed_session feed_clock feed_output \
	$(REST) $(BACKFILL) catalog_to_pg
EXCHANGE := exchange json_slice recording_line recording_file recording recording_catalog recording_to_market \
	market_cascade market_synthetic market_number market_ahead market_window market_bars market_trades market_symbol market_best market_halt market_rows \
	market_event market_emit market truth message event_micro hub market_to_hub \
	fault fault_read fault_plan fault_wire fault_socket fault_frames \
	exchange_request rest_param exchange_asked exchange_info exchange_trades \
	exchange_ticker exchange_rest exchange_ws exchange_answer exchange_fault exchange_control exchange_http exchange_server
ARCHIVE := archive_file archive_name archive_rows archive_checksum
LOAD := history_load given_run $(ARCHIVE) $(HISTORY) $(REST) topics
# Changing the past by hand.
CORRECT := candle_line correct_file change_write second_source correct_natural correct_bars correct_work correct_stretch \
	sink_state sink_minute sink_batch sink_rows sink_raw id_mark kafka_seconds correct_kafka correct_inverse
CTL := $(CHOICE) feed_symbols_file ctl_symbols ctl_migrate ctl_empty ctl_status ctl_options ctl_backfill ctl_import $(CORRECT) ctl_correct $(LOAD) ctl
CGI := request problem accept cors param poll_param fcgi_server fcgi_loop fcgi_now fcgi_peek fcgi_gather fcgi_accept fcgi_pool fcgi_reader fcgi_env fcgi_conn fcgi_block fcgi_cgi
CHART := chart_ranges chart_window chart_cover chart_state chart_basis chart_bars chart_pulse chart_key chart_cache chart_cached chart_refresh chart_reader chart_head chart_watch chart_candles chart_view \
	chart_json chart_etag chart_page chart_v3 chart_v3_time chart_v3_klines chart_v3_symbols chart_v3_info chart_v3_ticker chart_v3_average chart_udf chart_udf_config chart_udf_symbols chart_udf_history chart_indicator chart_series chart_csv chart_closed chart_initial chart_periodic chart_symbols chart_coverage chart_status chart_openapi pg_to_chart chart
LIVE := live kafka_to_cache kafka_tail meta_record cache cache_poll cache_ring cache_symbol cache_to_poll poll_request
UNIT_OBJ_accept := cgi/accept cgi/chart_etag
UNIT_OBJ_cors := cgi/cors
UNIT_OBJ_param := cgi/param cgi/problem
UNIT_OBJ_fcgi_server := $(CGI:%=cgi/%)
UNIT_LIBS_fcgi_server := -lfcgi
UNIT_OBJ_fcgi_busy := $(UNIT_OBJ_fcgi_server)
UNIT_LIBS_fcgi_busy := -lfcgi
UNIT_OBJ_fcgi_now := $(UNIT_OBJ_fcgi_server)
UNIT_LIBS_fcgi_now := -lfcgi
UNIT_OBJ_cache := cgi/cache cgi/cache_poll cgi/cache_ring cgi/cache_symbol
UNIT_OBJ_cache_state := $(UNIT_OBJ_cache)
UNIT_OBJ_poll := cgi/cache cgi/cache_poll cgi/cache_ring cgi/cache_symbol cgi/cache_to_poll cgi/poll_request cgi/poll_param cgi/accept cgi/param cgi/problem
UNIT_OBJ_kafka_tail := cgi/kafka_tail
UNIT_OBJ_meta_record := cgi/meta_record
UNIT_OBJ_request := cgi/request cgi/problem
UNIT_OBJ_chart_ranges := cgi/chart_ranges
UNIT_OBJ_chart_window := cgi/chart_window
UNIT_OBJ_chart_cover := cgi/chart_cover cgi/chart_ranges
UNIT_OBJ_chart_key := cgi/chart_key
UNIT_OBJ_chart_refresh := cgi/chart_refresh
UNIT_OBJ_chart_cache := cgi/chart_cache cgi/chart_basis cgi/chart_pulse cgi/chart_state cgi/chart_cover cgi/chart_ranges
UNIT_OBJ_chart_cache_time := $(UNIT_OBJ_chart_cache)
UNIT_OBJ_chart_pulse := cgi/chart_pulse daemon/ctl_migrate
UNIT_OBJ_chart_keep = $(UNIT_OBJ_pg_to_chart)
UNIT_OBJ_fcgi_peek := cgi/fcgi_peek cgi/fcgi_gather
UNIT_OBJ_chart_state := cgi/chart_state cgi/chart_cover cgi/chart_ranges
UNIT_OBJ_chart_bars := cgi/chart_bars cgi/chart_cover cgi/chart_ranges
UNIT_OBJ_chart_etag := cgi/chart_etag
UNIT_OBJ_chart_indicator := cgi/chart_indicator cgi/problem
UNIT_OBJ_sql_functions := daemon/ctl_migrate
UNIT_OBJ_sql_retention := daemon/ctl_migrate
UNIT_OBJ_ctl_migrate := daemon/ctl_migrate
UNIT_OBJ_ctl_options := daemon/ctl_options
UNIT_OBJ_chart_initial = $(UNIT_OBJ_pg_to_chart)
UNIT_OBJ_chart_periodic = $(UNIT_OBJ_pg_to_chart)
UNIT_OBJ_chart_closed = $(UNIT_OBJ_pg_to_chart)
UNIT_OBJ_chart_v3 = $(UNIT_OBJ_pg_to_chart)
UNIT_OBJ_chart_udf = $(UNIT_OBJ_pg_to_chart)
UNIT_OBJ_chart_v3_ticker = $(UNIT_OBJ_pg_to_chart)
UNIT_OBJ_pg_to_chart := daemon/ctl_migrate cgi/request cgi/problem cgi/accept cgi/param cgi/poll_param $(filter-out cgi/chart,$(CHART:%=cgi/%))
UNIT_OBJ_feed_frame := daemon/feed_frame daemon/recording_file
UNIT_LIBS_feed_frame := -lzstd -lz
UNIT_OBJ_feed_subscribe := daemon/feed_subscribe daemon/feed_subscribe_answer
UNIT_OBJ_feed_changes := $(UNIT_OBJ_feed_subscribe)
UNIT_OBJ_feed_output := daemon/feed_output daemon/feed_frame
UNIT_OBJ_feed_session := daemon/feed_session
UNIT_OBJ_feed_watch := daemon/feed_watch
UNIT_OBJ_feed_backoff := daemon/feed_backoff
UNIT_OBJ_feed_link := daemon/feed_link daemon/feed_silence
UNIT_OBJ_feed_silence := daemon/feed_silence
UNIT_OBJ_feed_record := daemon/feed_record daemon/recording_line daemon/event_micro daemon/json_slice
UNIT_OBJ_feed_attempts_file := daemon/feed_attempts_file
UNIT_OBJ_feed_attempts := daemon/feed_attempts daemon/feed_attempts_file
UNIT_OBJ_feed_resolver := daemon/feed_resolver
UNIT_OBJ_feed_dial := daemon/feed_dial daemon/feed_backoff daemon/feed_attempts daemon/feed_attempts_file
UNIT_OBJ_feed_choice := daemon/feed_choice
UNIT_OBJ_feed_wants := $(CHOICE:%=daemon/%)
UNIT_OBJ_feed_symbols := daemon/feed_symbols daemon/rest_limits daemon/rest_budget $(CHOICE:%=daemon/%)
UNIT_OBJ_feed_plan := daemon/feed_plan
UNIT_OBJ_feed_symbols_file := daemon/feed_symbols_file daemon/feed_choice
UNIT_OBJ_feed_whole := daemon/feed_whole daemon/feed_choice daemon/feed_wants daemon/feed_catalog daemon/feed_frame
UNIT_OBJ_feed_clock := daemon/feed_clock $(REST:%=daemon/%)
UNIT_OBJ_rest_budget := daemon/rest_budget
UNIT_OBJ_rest_limits := $(REST:%=daemon/%)
UNIT_LIBS_rest_limits := -lcurl
UNIT_OBJ_rest_answer_head := daemon/rest_answer_head
UNIT_OBJ_history_row := daemon/history_row
UNIT_OBJ_candle_line := daemon/candle_line
UNIT_OBJ_rest_rows := daemon/rest_rows daemon/history_row
UNIT_OBJ_archive_rows = $(UNIT_OBJ_archive)
UNIT_LIBS_archive_rows = $(UNIT_LIBS_archive)
UNIT_OBJ_feed_catalog := daemon/feed_catalog
UNIT_OBJ_feed_answer := daemon/feed_subscribe daemon/feed_subscribe_answer daemon/feed_frame
UNIT_OBJ_rest_history := daemon/rest_history daemon/rest_rows daemon/history_row $(REST:%=daemon/%)
UNIT_LIBS_rest_history := -lcurl
UNIT_OBJ_backfill_plan := daemon/backfill_plan daemon/backfill_answered
UNIT_OBJ_archive := $(ARCHIVE:%=daemon/%) daemon/history_row
UNIT_LIBS_archive := -lzip -lz -lcrypto
UNIT_OBJ_given_run := daemon/given_run daemon/history_row
UNIT_OBJ_binance_rest := $(REST:%=daemon/%)
UNIT_LIBS_binance_rest := -lcurl
UNIT_LIBS_feed_clock := -lcurl
MODEL := $(filter-out daemon/exchange daemon/exchange_ws daemon/exchange_answer daemon/exchange_fault daemon/exchange_control daemon/exchange_http daemon/exchange_server,$(EXCHANGE:%=daemon/%))
UNIT_OBJ_json_slice := daemon/json_slice
UNIT_OBJ_recording_line := daemon/recording_line daemon/event_micro daemon/json_slice
UNIT_OBJ_recording := $(MODEL)
UNIT_OBJ_market := $(MODEL)
UNIT_OBJ_market_emit := $(MODEL)
UNIT_LIBS_market_emit := -lzstd -lz
UNIT_OBJ_market_window := daemon/market_window
UNIT_OBJ_market_trades := daemon/market_trades
UNIT_OBJ_market_synthetic := daemon/market_synthetic daemon/market_cascade
UNIT_OBJ_hub := $(MODEL)
UNIT_OBJ_exchange := $(MODEL)
UNIT_OBJ_fault := $(MODEL)
UNIT_LIBS_recording := -lzstd -lz
UNIT_LIBS_market := -lzstd -lz
UNIT_LIBS_hub := -lzstd -lz
UNIT_LIBS_exchange := -lzstd -lz
UNIT_LIBS_fault := -lzstd -lz
UNIT_OBJ_collector_health := daemon/collector_health
UNIT_OBJ_id_mark := daemon/id_mark
UNIT_OBJ_sink_repair := daemon/sink_repair
UNIT_OBJ_sink_bisect := daemon/sink_bisect daemon/sink_refused
UNIT_OBJ_sink := daemon/sink_refused daemon/sink_take daemon/sink_session daemon/sink_settle daemon/sink_minute daemon/sink_holes daemon/id_mark daemon/sink_state daemon/sink_batch daemon/sink_seal
UNIT_OBJ_sink_spill := $(UNIT_OBJ_sink)
UNIT_OBJ_sink_holes := $(UNIT_OBJ_sink)
UNIT_OBJ_sink_history := $(UNIT_OBJ_sink) daemon/sink_history_take daemon/sink_repair
UNIT_OBJ_sink_minute := daemon/sink_minute daemon/ctl_migrate
UNIT := $(basename $(notdir $(wildcard tests/unit/*_test.c)))

LIBS_LIB := -lrdkafka -lpq -ljson-c -linih -lm
LIBS_COLLECTOR := -lwebsockets -lcurl -lsystemd -lmicrohttpd
LIBS_CTL := -lcurl -lzip -lz -lcrypto
LIBS_EXCHANGE := -lwebsockets -lzstd -lz
LIBS_CGI := -lfcgi

# A program is built from its list; the lists above say which file goes where.
PROGRAMS := $(if $(COLLECTOR),pricegraph-collector) $(if $(EXCHANGE),pricegraph-exchange) $(if $(CTL),pricegraphctl) \
	$(if $(CHART),pricegraph-chart) $(if $(LIVE),pricegraph-live)

all: $(PROGRAMS:%=$(B)/%)
lib: $(B)/libpricegraph.a

# Rebuilt when flags change.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS) $(LDFLAGS)' | cmp -s - $@ || echo '$(FLAGS) $(LDFLAGS)' > $@
FORCE:

$(B)/%.o: %.c $(B)/flags | $(B)/gen/pg_queries.h $(B)/gen/pg_migrations.h $(B)/gen/chart_schemas.h
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -c -o $@ $<

QUERIES := $(wildcard sql/query/*.sql)
$(B)/gen/pg_queries.h: sql/embed.sh $(QUERIES)
	@mkdir -p $(@D)
	sql/embed.sh $(QUERIES) > $@
SCHEMAS := $(sort $(wildcard cgi/schema/*.json))
$(B)/gen/chart_schemas.h: cgi/schema/embed.sh $(SCHEMAS)
	@mkdir -p $(@D)
	cgi/schema/embed.sh $(SCHEMAS) > $@
MIGRATIONS := $(sort $(wildcard sql/migration/*.sql))
$(B)/gen/pg_migrations.h: sql/embed.sh $(MIGRATIONS)
	@mkdir -p $(@D)
	sql/embed.sh -t $(MIGRATIONS) > $@

LIB_A := $(B)/libpricegraph.a
$(LIB_A): $(LIB:%=$(B)/lib/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

# ThreadSanitizer must see the threads that librdkafka starts.
TSAN := $(findstring thread,$(SAN))
SHIM := $(if $(TSAN),$(B)/tests/unit/tsan_shim.o)
SANLINK := $(if $(TSAN),-rdynamic)
$(PROGRAMS:%=$(B)/%) $(UNIT:%=$(B)/tests/unit/%): $(SHIM)

define link
	$(CC) $(SANFLAGS) $(LDFLAGS) $(SANLINK) -o $@ $(filter %.o,$^) $(LIB_A) $(1) $(LIBS_LIB)
endef
$(B)/pricegraph-collector: $(COLLECTOR:%=$(B)/daemon/%.o) $(SINK:%=$(B)/daemon/%.o) $(LIB_A)
	$(call link,$(LIBS_COLLECTOR))
$(B)/pricegraph-exchange: $(EXCHANGE:%=$(B)/daemon/%.o) $(LIB_A)
	$(call link,$(LIBS_EXCHANGE))
$(B)/pricegraphctl: $(CTL:%=$(B)/daemon/%.o) $(LIB_A)
	$(call link,$(LIBS_CTL))
$(B)/pricegraph-chart: $(CGI:%=$(B)/cgi/%.o) $(CHART:%=$(B)/cgi/%.o) $(LIB_A)
	$(call link,$(LIBS_CGI))
$(B)/pricegraph-live: $(CGI:%=$(B)/cgi/%.o) $(LIVE:%=$(B)/cgi/%.o) $(LIB_A)
	$(call link,$(LIBS_CGI))

.SECONDEXPANSION:
# Unit tests: one program a module; UNIT_OBJ_<test> names objects outside lib/ that it needs, UNIT_LIBS_<test> further libraries.
$(B)/tests/unit/%_test: $(B)/tests/unit/%_test.o $(LIB_A) $$(addprefix $(B)/,$$(addsuffix .o,$$(UNIT_OBJ_$$*)))
	$(call link,-lcmocka $(UNIT_LIBS_$*))
# What the sanitizers' run times are asked.
SANENV := $(if $(findstring address,$(SAN)),ASAN_OPTIONS=halt_on_error=1:detect_stack_use_after_return=1:allocator_may_return_null=1) \
	$(if $(findstring undefined,$(SAN)),UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1) \
	$(if $(TSAN),TSAN_OPTIONS=halt_on_error=1:allocator_may_return_null=1:second_deadlock_stack=1:suppressions=tests/unit/tsan.supp)
RESULT := unit
unit: $(UNIT:%=$(B)/tests/unit/%)
	RESULT=$(RESULT) $(SANENV) tests/with_postgres tests/with_kafka tests/unit/run $(UNIT:%=$(B)/tests/unit/%)

unit-asan:
	$(MAKE) unit SAN=address,undefined VARIANT=$(VARIANT)-asan RESULT=$@
unit-tsan:
	$(MAKE) unit SAN=thread VARIANT=$(VARIANT)-tsan RESULT=$@

# Each tests/fuzz/<name>_fuzz.c for FUZZ_SECONDS from tests/fuzz/seeds/<name>, compiled by clang; UNIT_OBJ_<name> and UNIT_LIBS_<name>
# as for unit tests. What it finds new is kept in build/fuzz/corpus, a failing input in build/fuzz.
FUZZ := $(basename $(notdir $(wildcard tests/fuzz/*_fuzz.c)))
FUZZ_SECONDS ?= 20
$(B)/tests/fuzz/%_fuzz: $(B)/tests/fuzz/%_fuzz.o $(LIB_A) $$(addprefix $(B)/,$$(addsuffix .o,$$(UNIT_OBJ_$$*)))
	$(CC) $(SANFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB_A) $(UNIT_LIBS_$*) $(LIBS_LIB)
FUZZ_WITH := CC=clang-14 SAN=fuzzer-no-link,address,undefined VARIANT=fuzz
fuzz: fuzz-tools
	$(MAKE) fuzz-run $(FUZZ_WITH) RESULT=$@
# As a part of `make test`: seeds, what was kept, and the same few attempts each time.
fuzz-short: fuzz-tools
	$(MAKE) fuzz-run $(FUZZ_WITH) RESULT=$@ FUZZ_SECONDS=2 SEED=1
fuzz-tools:
	@command -v clang-14 >/dev/null || { echo 'fuzzing needs clang-14 and libclang-rt-14-dev: make install-deps'; exit 2; }
fuzz-run: $(FUZZ:%=$(B)/tests/fuzz/%)
	RESULT=$(RESULT) SEED=$(SEED) tests/fuzz/run $(FUZZ_SECONDS) $(B) $(FUZZ)

# The feed's socket layer, and the library alone, for the same cases.
CONFORM := $(B)/tests/e2e/ws_feed $(B)/tests/e2e/ws_bare
$(B)/tests/e2e/ws_feed: $(B)/tests/e2e/ws_feed.o $(addprefix $(B)/daemon/,feed_socket.o feed_loop.o feed_attempts.o feed_attempts_file.o feed_resolver.o) $(LIB_A)
	$(call link,-lwebsockets)
$(B)/tests/e2e/ws_bare: $(B)/tests/e2e/ws_bare.o $(LIB_A)
	$(call link,-lwebsockets)
e2e: all $(CONFORM)
	VARIANT=$(VARIANT) tests/e2e.sh
# Campaigns of kills, faults, outages and requests; short as a part of `make test`, in full as here by default: KILLS, SEEDS, MINUTES, WIDE,
# COMMITS, REQUESTS; SOAK= one of them. And freqtrade against pricegraph-chart.
soak: all
	KILLS=$(or $(KILLS),1000) SEEDS=$(or $(SEEDS),200) MINUTES=$(or $(MINUTES),10) WIDE=$(or $(WIDE),1500) COMMITS=$(or $(COMMITS),100000) REQUESTS=$(or $(REQUESTS),20000) \
		CLIENTS=yes VARIANT=$(VARIANT) tests/soak.sh
soak-short: all
	VARIANT=$(VARIANT) tests/soak.sh
browser: all
	VARIANT=$(VARIANT) tests/browser/run.sh
# How fast: pairs of ours and the bare part in one run; build/results/bench.md. BENCH= feed, sink, curve, storage, web, whole
# (the whole exchange in real time, MINUTES=10) or all of them; ROUNDS= of the sink's pairs.
$(B)/tests/bench/produce: $(B)/tests/bench/produce.o $(LIB_A)
	$(call link,)
bench: all $(B)/tests/bench/produce
	VARIANT=$(VARIANT) tests/with_postgres tests/with_kafka build/venv/bin/python tests/bench/run $(BENCH)
lint: all
	@CPPFLAGS='$(CPPFLAGS)' WARN='$(WARN)' CTL=$(B)/pricegraphctl tests/lint.sh
# Writes the settings reference into README.md from the table of settings; lint fails when it was forgotten.
docs: $(B)/pricegraphctl
	$< reference | python3 tests/lint/reference.py --write README.md
format:
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')
# Everything; each runner's counts are summed up in the last line.
test:
	@tests/all.sh

# What the targets need that is not in the tree (packages.txt says what); DEPS=present: Debian's packages are not looked at.
install-deps:
	@stack/install.sh test
run:
	@stack/install.sh run
	@$(MAKE) -s --no-print-directory -j$$(nproc) all
	@BUILD=$(B) exec stack/up.sh

# What was fetched (Kafka, Python packages) stays.
clean:
	find build -mindepth 1 -maxdepth 1 ! -name kafka ! -name venv -exec rm -rf {} +

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: all lib unit unit-asan unit-tsan fuzz fuzz-short fuzz-tools fuzz-run e2e soak soak-short browser bench lint docs format test install-deps run clean FORCE
