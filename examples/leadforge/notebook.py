"""The leadforge funnel as an analyst looks at it; this file is the source of `funnel.ipynb`.

    python py/tools/notebook.py examples/leadforge/notebook.py examples/leadforge/funnel.ipynb

writes the notebook with its outputs (needs nbclient and ipykernel). A line `# %%` begins a cell, `# %% [markdown]` one
of text. `py/tests/test_notebook.py` runs it and compares what it prints with the notebook that is committed.
"""

# %% [markdown]
# # A funnel, from visit to revenue
#
# One book, `funnel.yaml`, says what each number means, who owns it and what it is to reach. Everything below is asked of
# that book and five Parquet files. To use it for your own funnel: copy the notebook, point it to your book and tables.

# %%
import ripplemark as rm

book = rm.load("funnel.yaml")
tables = {
    "touches": "data/touches.parquet",
    "sessions": "data/sessions.parquet",
    "activities": "data/sales_activities.parquet",
    "leads": "data/leads.parquet",
    "opportunities": "data/opportunities.parquet",
}
book

# %% [markdown]
# ## The numbers, by month
#
# ◔ marks a month that is not over. Rows that did not enter are counted under the table, with the reason.

# %%
monthly = book.evaluate(
    metrics=["won", "lost", "win_rate", "cycle_days", "acv_won", "avg_deal"], grain="month", data=tables
)
monthly

# %%
import altair

altair.renderers.enable("svg")  # pictures, which every viewer shows; leave this out for charts that answer to the mouse
monthly.chart("acv_won")

# %% [markdown]
# ## Why did it move?
#
# The book says `acv_won = decided * win_rate * avg_deal`. Each driver gets the part of the change that is its own, and
# the parts add up to the change, to the cent.

# %%
why = monthly.explain("acv_won", at={"month": "2024-03"})
why

# %%
why.chart()

# %%
why.to_pandas()[["name", "owner", "before", "after", "contribution"]]

# %% [markdown]
# The parts are fractions, so that "adds up" is a statement and not a hope:

# %%
sum(driver.contribution.exact for driver in why.drivers) == why.change.exact

# %% [markdown]
# Did the win rate rise because more deals came from better channels (mix), or within the channels (rate)?

# %%
book.explain_mix("win_rate", "channel", grain="month", period="2024-03", data=tables)[0]

# %% [markdown]
# ## Are we where we said we would be?

# %%
targets = book.targets(data=tables)
targets

# %%
targets["sqls"].gap_by_owner

# %% [markdown]
# ## Who has to be told what?

# %%
book.findings(data=tables)

# %% [markdown]
# ## Where does work get lost?
#
# Of the opportunities that were opened: how many became customers, in time, too late or never, and what that is worth.

# %%
book.journey(grain="month", data=tables)

# %% [markdown]
# ## The rows behind a number
#
# Nobody believes a number before having seen its rows.

# %%
rows = monthly.rows("acv_won", month="2024-03", limit=5)
rows

# %%
rows.counts

# %% [markdown]
# ## Everything on one page
#
# `report.save("funnel.html")` writes it as one file that works offline and prints well.

# %%
report = book.report(data=tables)
report
