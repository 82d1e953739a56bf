# Segue: `make help` lists what can be made.

CARGO ?= cargo
PREFIX ?= $(HOME)/.local
BIN := target/release

# Properties are tried with the same cases each time; another seed tries others.
export PROPTEST_RNG_SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo build test check fmt bench install uninstall

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Install what is missing, build, play the bundled track
	$(BIN)/segue demo

build: ## Install what is missing, build everything (release)
	@sh .ci/packages build
	$(CARGO) build --release --workspace --locked

# Most tests of whole programs wait for the network or the clock: many at once. Those
# that measure, or listen to what comes out of a sound server, get a calmer machine:
# all whose names contain one of these.
TIMED := bottleneck:: compare::live:: house:: large:: many_listeners:: seam:: sound:: \
	device_lost:: gapless:: reopened:: shapes:: sinks:: speaker::
WAITING_TESTS ?= 8
TIMED_TESTS ?= 3

test: ## Install what is missing, build, run all tests
	@sh .ci/packages build test
	# Tests load the compiled plugins, which `cargo test` alone does not build. With
	# the tests, so that both have the same features: else much is built twice.
	$(CARGO) build --workspace --lib --bins --examples --tests --locked
	RUST_TEST_THREADS=$(WAITING_TESTS) $(CARGO) test --workspace --locked -- $(TIMED:%=--skip %)
	RUST_TEST_THREADS=$(TIMED_TESTS) $(CARGO) test --workspace --lib --bins --tests --locked -- $(TIMED)

check: ## Formatting, lints, documentation, licences
	@sh .ci/packages build
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked
	@if command -v cargo-deny >/dev/null; then \
		$(CARGO) fetch --locked && $(CARGO) deny --offline check bans licenses sources; \
	else \
		echo "cargo-deny is not installed: licences and sources were not checked"; \
	fi

fmt: ## Format the code
	$(CARGO) fmt --all

bench: ## Run the benchmarks
	@sh .ci/packages build
	$(CARGO) build --release --workspace --locked
	$(CARGO) bench --workspace --locked

# Where shells and `man` look for them, below PREFIX.
BASH_COMPLETION := share/bash-completion/completions/segue
ZSH_COMPLETION := share/zsh/site-functions/_segue
FISH_COMPLETION := share/fish/vendor_completions.d/segue.fish
MAN := share/man/man1
ICONS := share/icons/hicolor/scalable/apps

install: build ## Install program, plugins, completions, manual below PREFIX (~/.local)
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/lib/segue/plugins"
	install -m 755 $(BIN)/segue $(BIN)/segue-gui "$(DESTDIR)$(PREFIX)/bin/"
	install -d "$(DESTDIR)$(PREFIX)/share/applications" "$(DESTDIR)$(PREFIX)/$(ICONS)"
	install -m 644 gui/segue.desktop "$(DESTDIR)$(PREFIX)/share/applications/"
	install -m 644 gui/segue.svg "$(DESTDIR)$(PREFIX)/$(ICONS)/"
	for plugin in $(BIN)/*segue_playout_* $(BIN)/*segue_network_*; do \
		case "$$plugin" in \
		*.so | *.dylib | *.dll) install -m 644 "$$plugin" "$(DESTDIR)$(PREFIX)/lib/segue/plugins/" ;; \
		esac; \
	done
	for completion in bash:$(BASH_COMPLETION) zsh:$(ZSH_COMPLETION) fish:$(FISH_COMPLETION); do \
		file="$(DESTDIR)$(PREFIX)/$${completion#*:}"; \
		install -d "$${file%/*}" && \
		$(BIN)/segue completions "$${completion%%:*}" > "$$file" || exit 1; \
	done
	$(BIN)/segue man "$(DESTDIR)$(PREFIX)/$(MAN)"

uninstall: ## Remove what `make install` installed
	rm -f "$(DESTDIR)$(PREFIX)/bin/segue" "$(DESTDIR)$(PREFIX)/bin/segue-gui"
	rm -f "$(DESTDIR)$(PREFIX)/share/applications/segue.desktop"
	rm -f "$(DESTDIR)$(PREFIX)/$(ICONS)/segue.svg"
	rm -rf "$(DESTDIR)$(PREFIX)/lib/segue"
	for file in $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION) $(MAN)/segue.1; do \
		rm -f "$(DESTDIR)$(PREFIX)/$$file"; \
	done
	rm -f "$(DESTDIR)$(PREFIX)/$(MAN)"/segue-*.1
