#!/bin/sh
# Makes the example's data anew and compares them with the committed files.
# The data are synthetic: package leadforge 1.0.0 (MIT, see data/LICENSE-leadforge), seed 42. `make demo` does not run this.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "leadforge==1.0.0" "pyarrow==26.0.1"
"$work/venv/bin/leadforge" generate --recipe b2b_saas_procurement_v1 --seed 42 --mode research_instructor \
    --n-leads 5000 --out "$work/out"
for table in leads opportunities touches sessions sales_activities; do
    cp "$work/out/tables/$table.parquet" data/
done
cd data
sha256sum --check SHA256SUMS
