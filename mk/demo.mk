# The main job on the example: from book and files to numbers, in the terminal, Rust, C and Python.

.PHONY: demo

DEMO := $(BUILD)/demo
LEADFORGE := examples/leadforge
DEMO_DATA := --table leads=$(LEADFORGE)/data/leads.parquet \
	--table opportunities=$(LEADFORGE)/data/opportunities.parquet
DEMO_BEHAVIOUR := --table touches=$(LEADFORGE)/data/touches.parquet --table sessions=$(LEADFORGE)/data/sessions.parquet \
	--table activities=$(LEADFORGE)/data/sales_activities.parquet
RIPPLEMARK := $(CARGO) run --quiet -p ripplemark-cli --

demo: venv-ready
	@mkdir -p $(DEMO)
	@echo; echo "== The book: what is measured, and whose it is (examples/leadforge/funnel.yaml)"; echo
	@$(RIPPLEMARK) check $(LEADFORGE)/funnel.yaml
	@echo; echo "== Behaviour"; echo
	@$(RIPPLEMARK) eval $(LEADFORGE)/funnel.yaml --query behaviour $(DEMO_BEHAVIOUR)
	@echo; echo "== Conversion and revenue"; echo
	@$(RIPPLEMARK) eval $(LEADFORGE)/funnel.yaml --query headlines $(DEMO_DATA)
	@echo; echo "== Month by month"; echo
	@$(RIPPLEMARK) eval $(LEADFORGE)/funnel.yaml --query monthly $(DEMO_DATA)
	@echo; echo "== By channel, with the total"; echo
	@$(RIPPLEMARK) eval $(LEADFORGE)/funnel.yaml --query by_channel --table leads=$(LEADFORGE)/data/leads.parquet
	@$(RIPPLEMARK) compile $(LEADFORGE)/funnel.yaml --query headlines -o $(DEMO)/headlines.rmprog >$(DEMO)/headlines.txt
	@$(RIPPLEMARK) eval $(DEMO)/headlines.rmprog $(DEMO_DATA) --format json -o $(DEMO)/headlines.json
	@$(RIPPLEMARK) eval $(LEADFORGE)/funnel.yaml --query monthly $(DEMO_DATA) --format csv -o $(DEMO)/monthly.csv
	@echo; echo "== The rows behind a number: the deals won in January"; echo
	@$(RIPPLEMARK) rows $(LEADFORGE)/funnel.yaml $(DEMO_DATA) --metric won --at month=2024-01
	@echo; echo "== One number, to the last bit: the discount of examples/first"; echo
	@printf '%-8s' Rust; $(CARGO) run --quiet --example first
	@printf '%-8s' Python; $(VENV_PYTHON) examples/first/first.py
	@printf '%-8s' C; $(MAKE) --no-print-directory --silent first-c
	@echo; echo "== The report: what moved, who answers for it, where work gets lost"; echo
	@$(RIPPLEMARK) report $(LEADFORGE)/funnel.yaml $(DEMO_BEHAVIOUR) $(DEMO_DATA)
	@$(RIPPLEMARK) report $(LEADFORGE)/funnel.yaml $(DEMO_BEHAVIOUR) $(DEMO_DATA) -o $(DEMO)/report.html
	@echo; echo "Open $(DEMO)/report.html in a browser: the same report as a page, which works offline."
	@echo; echo "Files: $(DEMO)/headlines.rmprog (the compiled question), headlines.txt (what it reads),"
	@echo "       headlines.json and monthly.csv (results with receipts and row counts)."
