"""Classic metrics against scikit-learn on random data; labels that travelled; bad input; many rows."""
import json
import time

import pytest

import opsnb as ops
from opsnb import plug
from opsnb.errors import OpsError
from opsnb.evaluate.classic import F1, Accuracy, Brier, Ece, LogLoss, Precision, RocAuc, label, ordered, pairs
from opsnb.evaluate.metric import Result, metrics_of
from opsnb.evaluate.regression import Pinball
from opsnb.evaluate.report import Row, of_dict, totalled
from opsnb.evaluate.run import evaluated

np = pytest.importorskip("numpy")
sk = pytest.importorskip("sklearn.metrics")


def judged(expected, outputs, names, **more):
    """A report on outputs that are there."""
    rows = [{"inputs": str(i), "expected": e, "output": o, **{k: v[i] for k, v in more.items()}} for i, (e, o) in enumerate(zip(expected, outputs, strict=True))]
    return evaluated(None, rows, names, quiet=True)


def random_classes(classes, n=400, seed=0):
    rng = np.random.default_rng(seed)
    expected = rng.choice(classes, n)
    p = rng.dirichlet(np.ones(len(classes)), n) + 0.4 * (expected[:, None] == np.array(classes))
    p /= p.sum(axis=1, keepdims=True)
    return expected, p, np.array(classes)[p.argmax(axis=1)]


@pytest.mark.parametrize("classes", [[0, 1], ["no", "yes"], ["cat", "dog", "owl"], [0, 1, 2, 10]])
def test_classes_agree_with_scikit_learn(classes):
    expected, p, output = random_classes(classes)
    names = ["accuracy", "balanced_accuracy", "mcc", "kappa", *(m + a for m in ("precision", "recall", "f1") for a in ("", "_macro", "_micro", "_weighted"))]
    report = judged(expected.tolist(), output.tolist(), names)
    truth = {"accuracy": sk.accuracy_score(expected, output), "balanced_accuracy": sk.balanced_accuracy_score(expected, output), "mcc": sk.matthews_corrcoef(expected, output), "kappa": sk.cohen_kappa_score(expected, output)}
    for m, f in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        for a in ("macro", "micro", "weighted"): truth[f"{m}_{a}"] = f(expected, output, average=a)
        truth[m] = f(expected, output, pos_label=classes[1]) if len(classes) == 2 else truth[f"{m}_macro"]
    for name in names: assert report[name].value == pytest.approx(truth[name], abs=1e-12), name
    assert all(t.low < t.value < t.high for t in report.metrics.values())
    assert report["f1"].note == (f"positive: {classes[1]}" if len(classes) == 2 else f"mean over {len(classes)} classes")
    one = F1(positive=classes[0])
    assert totalled(one, [Row(str(i), None, observed={one.name: [label(e), label(o)]}) for i, (e, o) in enumerate(zip(expected.tolist(), output.tolist(), strict=True))]).value == pytest.approx(sk.f1_score(expected, output, labels=[classes[0]], average="macro"))


@pytest.mark.parametrize("classes", [["no", "yes"], ["cat", "dog", "owl"]])
def test_probabilities_agree_with_scikit_learn(classes):
    expected, p, output = random_classes(classes, seed=1)
    p = p.round(2)  # ties
    p[:, -1] = 1 - p[:, :-1].sum(axis=1)
    report = judged(expected.tolist(), output.tolist(), ["roc_auc", "pr_auc", "log_loss", "brier", "ece"], probabilities=[dict(zip(classes, row, strict=True)) for row in p.tolist()])
    hot = (expected[:, None] == np.array(classes)).astype(int)
    two = len(classes) == 2
    truth = {"roc_auc": sk.roc_auc_score(expected, p[:, 1]) if two else sk.roc_auc_score(expected, p, multi_class="ovr"), "log_loss": sk.log_loss(expected, np.clip(p, 0, 1)),
             "pr_auc": sk.average_precision_score(expected == classes[1], p[:, 1]) if two else sk.average_precision_score(hot, p, average="macro"), "brier": ((p - hot) ** 2).sum(axis=1).mean() / 2}
    if two: assert truth["brier"] == pytest.approx(sk.brier_score_loss(expected, np.clip(p[:, 1], 0, 1), pos_label="yes"))
    for name, value in truth.items(): assert report[name].value == pytest.approx(value, abs=1e-9), name
    said, hit = (p[:, 1], expected == classes[1]) if two else (p.max(axis=1), np.array(classes)[p.argmax(axis=1)] == expected)
    bins = np.minimum((said * 10).astype(int), 9)
    assert report["ece"].value == pytest.approx(sum((bins == b).mean() * abs(said[bins == b].mean() - hit[bins == b].mean()) for b in set(bins.tolist())))


def test_numbers_agree_with_scikit_learn():
    rng = np.random.default_rng(2)
    expected = rng.normal(50, 10, 300)
    output = expected + rng.normal(1, 4, 300)
    report = judged(expected.tolist(), output.tolist(), ["mae", "rmse", "mape", "r2", "pinball", Pinball(0.9), "smape", "coverage", "interval_width"], low=(output - 5).tolist(), high=(output + 5).tolist())
    truth = {"mae": sk.mean_absolute_error(expected, output), "rmse": sk.root_mean_squared_error(expected, output), "mape": sk.mean_absolute_percentage_error(expected, output), "r2": sk.r2_score(expected, output),
             "pinball": sk.mean_pinball_loss(expected, output, alpha=0.5), "pinball_0.9": sk.mean_pinball_loss(expected, output, alpha=0.9), "smape": np.mean(2 * abs(expected - output) / (abs(expected) + abs(output))),
             "coverage": (abs(expected - output) <= 5).mean(), "interval_width": 10}
    for name, value in truth.items(): assert report[name].value == pytest.approx(value), name


def test_labels_are_the_same_after_csv_and_json(tmp_path):
    assert {label(v) for v in (1, 1.0, True, "1", "1.0", "True")} == {"1"} and {label(v) for v in (0, 0.0, False, "0", "False")} == {"0"}
    assert len({label(v) for v in ("01", "1", 1.5, "a", "A", "-1", "1.00", "10", "")}) == 9
    assert label(np.float64(2)) == label(np.int64(2)) == "2" and label(np.bool_(True)) == "1"
    assert ordered(["10", "9", "b", "-1", "nan", "a"]) == ["-1", "9", "10", "a", "b", "nan"]
    (tmp_path / "c.csv").write_text("input,expected,output\na,1.0,1\nb,0.0,1\nc,1.0,1\nd,0,False\n")
    assert evaluated(None, tmp_path / "c.csv", "accuracy", quiet=True)["accuracy"].value == 0.75
    report = judged([True, False, True], [1, 0, 0], ["accuracy", "recall"])
    assert report["accuracy"].value == pytest.approx(2 / 3) and of_dict(json.loads(json.dumps(report.to_dict())))["recall"].value == 0.5


def test_a_number_as_output_is_the_probability_of_the_positive_class():
    rng = np.random.default_rng(3)
    expected = rng.integers(0, 2, 200)
    p = np.clip(expected * 0.3 + rng.uniform(0, 0.7, 200), 0, 1)
    report = judged(expected.tolist(), p.tolist(), ["roc_auc", "log_loss", "brier", "ece"])
    assert report["roc_auc"].value == pytest.approx(sk.roc_auc_score(expected, p)) and report["brier"].value == pytest.approx(sk.brier_score_loss(expected, p))
    words = np.where(expected, "sick", "well").tolist()
    named = judged(words, p.tolist(), [RocAuc(positive="sick"), Brier(positive="sick"), LogLoss(positive="sick")])
    assert named["roc_auc"].value == pytest.approx(report["roc_auc"].value) and named["log_loss"].value == pytest.approx(sk.log_loss(expected, p)) and named["roc_auc"].note == "positive: sick"
    unsaid = judged(words, p.tolist(), ["brier", "roc_auc"])
    assert unsaid["brier"].value is None and "Which class is the positive one" in unsaid.rows[0].errors["brier"] and unsaid["roc_auc"].note == "positive: well"
    scores = judged(expected.tolist(), (p * 40 - 20).tolist(), ["roc_auc", "brier"])  # scores order, and are no probabilities
    assert scores["roc_auc"].value == pytest.approx(report["roc_auc"].value) and scores["brier"].missing > 150


def test_a_predictor_and_its_probabilities(project):
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    frame = load_iris(as_frame=True).frame.astype({"target": float})
    names = list(frame.columns[:4])
    model = LogisticRegression(max_iter=500).fit(frame[names], frame["target"])  # classes 0.0, 1.0, 2.0
    report = ops.evaluate(model, ops.dataset(frame, inputs=names, expected="target"), ["accuracy", "f1", "roc_auc", "log_loss"], quiet=True)
    assert report["accuracy"].value == pytest.approx(model.score(frame[names], frame["target"])) and report["roc_auc"].value == pytest.approx(sk.roc_auc_score(frame["target"], model.predict_proba(frame[names]), multi_class="ovr"))
    assert report["log_loss"].value == pytest.approx(sk.log_loss(frame["target"], model.predict_proba(frame[names])))


def test_what_cannot_be_judged_says_why():
    one = judged([1, 1, 1], [1, 1, 1], ["accuracy", "f1", "roc_auc", "kappa", "mcc"], probabilities=[{"1": 1.0}] * 3)
    assert one["accuracy"].value == 1 and one["f1"].value is None and "one class only" in one["f1"].note and one["roc_auc"].value is None and one["kappa"].value is None and one["mcc"].value == 0
    assert judged([1, 1, 1], [1, 1, 1], [F1(positive=1)])["f1_1"].value == 1
    assert "no case is of the positive class" in judged([0, 1], [0, 1], [F1(positive="yes")])["f1_yes"].note
    never = judged(["no", "yes", "no"], ["no", "no", "no"], ["precision"])
    assert never["precision"].value == 0 and never["precision"].note.startswith("positive: yes; it never came out")
    holes = judged([1, 0, 1, None], [1, None, float("nan"), 1], ["accuracy", "mae"])
    assert (holes["accuracy"].n, holes["accuracy"].missing) == (1, 3)
    words = judged([1, 2, 3], [1, "many", 3], ["mae", "r2"])
    assert words["mae"].missing == 1 and "not a number" in words.rows[1].errors["mae"]
    assert "no spread" in judged([2, 2, 2], [1, 2, 3], ["r2"])["r2"].note
    assert "many" in judged([3, 4], [["a"], "many"], ["accuracy"]).rows[1].why["accuracy"] and judged([3, 4], [["a"], "b"], ["accuracy"])["accuracy"].missing == 1
    classes = judged([0, 1], [0, 1], ["log_loss", "brier", "ece"])
    assert all(t.value is None for t in classes.metrics.values()) and "no probabilities" in classes.rows[0].errors["brier"]
    three = judged(["a", "b", "c"], [0.1, 0.2, 0.3], ["roc_auc"])
    assert three["roc_auc"].value is None and "give probabilities" in three["roc_auc"].note
    for wrong in (lambda: F1("mean"), lambda: F1("macro", positive=1), lambda: Ece(bins=1), lambda: Pinball(1), lambda: metrics_of("f1_makro")):
        with pytest.raises(OpsError): wrong()


def test_classes_that_are_in_some_draws_only():
    rare = judged(["a"] * 60 + ["b"], ["a"] * 60 + ["a"], ["f1_macro", "balanced_accuracy", "recall"])
    assert rare["balanced_accuracy"].value == 0.5 and 0 <= rare["balanced_accuracy"].low < 0.5 < rare["balanced_accuracy"].high <= 1
    assert rare["recall"].value == 0


def test_100_000_rows():
    rng, n = np.random.default_rng(4), 100_000
    expected = rng.integers(0, 2, n)
    p = np.clip(0.3 + 0.4 * expected + rng.normal(0, 0.25, n), 0, 1)
    began = time.process_time()
    for metric, values in ((F1(), [[str(e), str(int(s > 0.5))] for e, s in zip(expected.tolist(), p.tolist(), strict=True)]), (RocAuc(), [[str(e), s] for e, s in zip(expected.tolist(), p.tolist(), strict=True)])):
        total = totalled(metric, [Row(str(i), None, observed={metric.name: v}) for i, v in enumerate(values)])
        assert total.value == pytest.approx({"f1": sk.f1_score(expected, p > 0.5), "roc_auc": sk.roc_auc_score(expected, p)}[metric.name]) and total.high - total.low < 0.02
    assert time.process_time() - began < 60  # not a measurement: a total in quadratic time would take hours
    many = pairs([(str(i), str(i + 1)) for i in range(20_000)])  # a class for each case
    assert F1().total(many) == 0 and Accuracy().name == "accuracy" and Precision().total(many) == 0


def test_scores_are_given_for_results_as_functions_return_them():
    assert evaluated(lambda x: {"output": "b", "probabilities": {"a": 0.3, "b": 0.7}}, [{"inputs": 1, "expected": "b"}, {"inputs": 2, "expected": "a"}], ["brier"], quiet=True)["brier"].value == pytest.approx((0.09 + 0.49) / 2)
    assert LogLoss().score(ops.dataset([("x", "c")])[0], Result("a", more={"probabilities": {"a": 1.0, "b": 0.0}})) == pytest.approx(36.04, abs=0.01)


def test_pictures_belong_to_metrics_and_are_kept_with_the_run(project):
    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(5)
    rows = [{"inputs": i, "expected": e, "output": "b" if p > 0.5 else "a", "probabilities": {"a": 1 - p, "b": p}} for i in range(80) for e, p in [("ab"[i % 2], float(np.clip(0.4 * (i % 2) + rng.uniform(0, 0.6), 0, 1)))]]
    report = ops.evaluate(None, rows, ["accuracy", "roc_auc", "ece"], quiet=True)
    assert report.pictures == ["confusion", "roc", "calibration"] and {"confusion.png", "roc.png", "calibration.png"} <= {a["path"] for a in ops.run(report.id).artifacts()}
    expected, output = [r["expected"] for r in rows], [r["output"] for r in rows]
    table = report.confusion()
    assert [[r["as a"], r["as b"]] for r in table[:2]] == sk.confusion_matrix(expected, output).tolist() and table[2]["as b"] == pytest.approx(sk.precision_score(expected, output, pos_label="b"))
    assert "<summary>confusion</summary>" in report._repr_html_()
    again = ops.report(report.id)
    line = again.picture("roc").axes[0].lines[0]
    theirs = sk.roc_curve(expected, [r["probabilities"]["b"] for r in rows], pos_label="b", drop_intermediate=False)
    assert line.get_xdata() == pytest.approx(theirs[0]) and line.get_ydata() == pytest.approx(theirs[1])
    with pytest.raises(OpsError, match="Unknown picture"): report.picture("rocc")
    text = ops.evaluate(None, [{"inputs": 1, "expected": [1], "output": "a"}, {"inputs": 2, "expected": "a", "output": "a"}], "accuracy", quiet=True)
    assert text["accuracy"].missing == 1 and text.confusion()[0]["as a"] == 1


def test_a_model_of_mlflow_is_judged_by_its_address(project):
    mlflow = plug.need("mlflow", "keep a model")
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LinearRegression, LogisticRegression
    frame = load_iris(as_frame=True).frame
    names = list(frame.columns[:4])
    with mlflow.start_run():
        for c in (0.01, 10):
            mlflow.sklearn.log_model(LogisticRegression(C=c, max_iter=500).fit(frame[names], frame["target"]), name="iris", signature=mlflow.models.infer_signature(frame[names]), pip_requirements=["scikit-learn"], registered_model_name="iris", serialization_format="pickle")
        plain = mlflow.sklearn.log_model(LinearRegression().fit(frame[names[:3]], frame[names[3]]), name="width", pip_requirements=["scikit-learn"], serialization_format="pickle")
    mlflow.MlflowClient().set_registered_model_alias("iris", "champion", 1)
    cases = ops.dataset(frame, inputs=names, expected="target")
    first = ops.evaluate("models:/iris@champion", cases, ["accuracy", "log_loss"], quiet=True)
    mlflow.MlflowClient().set_registered_model_alias("iris", "champion", 2)
    second = ops.evaluate("models:/iris@champion", cases, ["accuracy", "log_loss"], quiet=True)
    assert first.fingerprint != second.fingerprint and second["log_loss"].value < first["log_loss"].value - 0.3  # an alias that moves on is another model
    assert all(r.cached for r in ops.evaluate("models:/iris@champion", cases, ["accuracy"], quiet=True).rows)
    assert ops.evaluate(plain.model_uri, ops.dataset(frame, inputs=names[:3], expected=names[3]), "r2", quiet=True)["r2"].value > 0.9
    with pytest.raises(OpsError, match="MLflow has no model models:/rose/1"): ops.evaluate("models:/rose/1", cases, "accuracy", quiet=True)
    with pytest.raises(OpsError, match="lack inputs"): ops.evaluate("models:/iris/1", ops.dataset(frame, inputs=names[:2], expected="target"), "accuracy", quiet=True)
