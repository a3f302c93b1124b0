# Two commands do everything: `make demo` and `make test`. Both install the system packages that they miss.

.PHONY: demo test test-python laws mutants fuzz race bench build lint docs examples outside setup tour

DEMO := .build/demo
SUFFICE = $$(swift build -c release --show-bin-path)/suffice

setup:
	@scripts/setup

build: setup
	swift build -c release --product SufficeCommands
	swift build -c release --product suffice

# Fits Old Faithful and shows the result here and as pictures.
demo: build
	@mkdir -p $(DEMO)
	@$(SUFFICE) fit gaussian-mixture --components 6 --data Examples/Data/faithful.csv --output $(DEMO)/faithful.safetensors
	@$(SUFFICE) show $(DEMO)/faithful.safetensors --data Examples/Data/faithful.csv --svg $(DEMO) --html $(DEMO)/faithful.html > /dev/null
	@echo
	@$(SUFFICE) fit dirichlet-process-column-mixture --data Examples/Data/adult.csv.gz --bind x=age --quiet --output $(DEMO)/age.safetensors > /dev/null
	@$(SUFFICE) show $(DEMO)/age.safetensors --data Examples/Data/adult.csv.gz --svg $(DEMO)/age --html $(DEMO)/age.html
	@echo
	@echo "Pictures: $(DEMO)/scatter.svg and $(DEMO)/age/density.svg; reports: $(DEMO)/faithful.html and $(DEMO)/age.html"

test: setup
	swift build --build-tests
	SUFFICE_CARQUET="$$(scripts/carquet)" swift test --skip-build
	@scripts/test-python

# Builds the wheel and tests it in a clean environment; see Python/README.md.
test-python: setup
	@scripts/test-python

# The laws where features cross, for every set of features; `make test` has all features at once.
laws: setup
	swift build --build-tests
	SUFFICE_LAWS=all swift test --skip-build --filter '^CrossingTests\.'

# Plants faults one at a time and lists those that no suite sees; see Tests/Mutants. A build of its own, and minutes of tests.
mutants: setup
	@scripts/mutants

# Runs the readers of files under a fuzzer for half a minute.
fuzz: setup
	@scripts/fuzz

# Runs the tests under ThreadSanitizer: a build of its own, and minutes of tests.
race: setup
	@scripts/race

examples: setup
	swift run -c release OldFaithful
	swift run -c release Galaxies
	swift run -c release Adult
	swift run -c release Topics
	swift run -c release CoalMining
	swift run -c release Recessions
	swift run -c release MacroFactors
	swift run -c release RoadDeaths
	swift run -c release Markets
	swift run -c release Sunspots
	swift run -c release Wine
	swift run -c release Regressions
	swift run -c release Counts
	swift run -c release Votes
	swift run -c release Hierarchies
	swift run -c release Factors

# Side by side with scikit-learn; see Benchmarks/README.md.
bench: build
	python3 Benchmarks/bench.py

# Follows the guide "Add a conjugate family" in a package of its own, under .build-outside.
outside: setup
	@scripts/outside

# Runs the models and commands of the guide "Chains, groups, factors".
tour: build
	@scripts/tour

lint:
	swift format lint --strict --recursive Package.swift Sources Models Examples Tests Benchmarks
	@scripts/suites

docs: setup
	for target in Suffice ExponentialFamilies ModelLanguage Inference SufficeTesting; do \
	  swift package generate-documentation --target $$target --warnings-as-errors || exit 1; done
