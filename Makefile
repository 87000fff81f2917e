# Entry points of the repository. Each target installs and builds its dependencies; `make` alone lists the targets.
# JOBS=n limits the processes of a build or a test run.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test interop asan tsan soak fuzz fmt lint deps
export JOBS

help: ## Show this.
	@echo "Arrakis: Discord communities from a signed manifest. Start with: make run"
	@awk -v skip="$(if $(wildcard bench/*_bench.cpp),,bench)" '/^[a-z]+:.*## / { \
	  name = $$1; sub(/:.*/, "", name); text = $$0; sub(/^[^#]*## /, "", text); \
	  if (name != skip) printf "  make %-9s %s\n", name, text }' $(MAKEFILE_LIST)

run: ## Start everything on this machine and onboard one guild; Ctrl-C ends it. ONCE=1: end after it. FRESH=1: delete the last state. EMPTY=1: onboard yourself.
	@tools/deps
	@tools/build dev arrakisd arrakisctl sandbox demo
	@ANVIL="$$(apps/demo/evm/setup)" && export ANVIL && ONCE="$(ONCE)" FRESH="$(FRESH)" EMPTY="$(EMPTY)" exec build/dev/apps/demo/demo

test: ## Build all, run every test and a smoke test of the real clients; ends with "N passed, N failed".
	@tools/deps
	@tools/test dev

interop: ## Test with the real clients (discord.js, bullmq, chromium) and real proxies in front (HAProxy, nginx).
	@tools/deps interop
	@tools/build dev arrakisd arrakisctl sandbox demo queue_bridge http_probe
	@ANVIL="$$(apps/demo/evm/setup)" && export ANVIL && tests/interop/run

.PHONY: pages
pages: ## As root: run the commands of docs/operations in a Debian 12 that systemd boots.
	@tools/deps deploy
	@tools/build dev arrakisd arrakisctl sandbox
	@tests/deploy/unit

.PHONY: crash
crash: ## Kill processes, cut connections, empty or fill servers at every point of a deployment, a reconciliation and a role change. ONLY="Redis emptied @ COMMIT", POINTS=n, SEED=n, INSTALLATIONS=n.
	@tools/deps
	@tools/build dev crash
	@ARRAKIS_BUILD_DIR="$(CURDIR)/build/dev" ARRAKIS_SOURCE_DIR="$(CURDIR)" build/dev/tests/crash/crash

asan: ## Run the unit and system tests under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer.
	@tools/deps asan
	@ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1 \
	  LSAN_OPTIONS=suppressions=$(CURDIR)/config/build/lsan.supp:print_suppressions=0 \
	  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-16 \
	  tools/test asan

tsan: ## Run the unit and system tests under ThreadSanitizer, on a CAF built with it.
	@tools/deps tsan
	@tools/caf-tsan
	@tools/test tsan

soak: ## Onboard COMMUNITIES=50 at once and change them repeatedly for FOR_S=300 s: no 429, nothing grows. Release preset.
	@tools/deps
	@tools/build release tests_soak_test
	@FOR_S="$(or $(FOR_S),300)" COMMUNITIES="$(or $(COMMUNITIES),50)" ARRAKIS_BUILD_DIR="$(CURDIR)/build/release" \
	  ARRAKIS_SOURCE_DIR="$(CURDIR)" build/release/tests/soak/tests_soak_test

fuzz: ## Run libFuzzer over each parser of bytes from outside, two at a time. FOR_S=60: seconds for each.
	@tools/deps asan fuzz
	@tools/build fuzz fuzz
	@FOR_S="$(or $(FOR_S),60)" tests/fuzz/run

ifneq ($(wildcard bench/*_bench.cpp),)
.PHONY: bench
bench: ## Run the programs of bench/, each beside its peer. FOR_S=10: seconds for each.
	@tools/deps
	@tools/build release benches
	@FOR_S="$(or $(FOR_S),10)" bench/run
endif

fmt: ## Format the C++ files that differ from HEAD. ALL=1: every one.
	@tools/deps fmt
	@{ if [ -n "$(ALL)" ]; then git ls-files; else git diff --name-only --diff-filter=d HEAD; git ls-files -o --exclude-standard; fi; } \
	  | grep -E '\.(cpp|hpp)$$' | grep -v '/messages\.hpp$$' | xargs -r clang-format-16 -i

lint: ## clang-tidy on the C++ files that differ from HEAD. ALL=1: every one.
	@tools/deps fmt
	@tools/build dev
	@{ if [ -n "$(ALL)" ]; then git ls-files; else git diff --name-only --diff-filter=d HEAD; git ls-files -o --exclude-standard; fi; } \
	  | grep -E '\.cpp$$' | xargs -r clang-tidy-16 -p build/dev --quiet

deps: ## Install the Debian packages that are missing (config/build/packages.txt). Silent when none is.
	@tools/deps
