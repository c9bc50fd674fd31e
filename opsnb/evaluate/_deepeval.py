"""DeepEval's side of our judges: a language model and an offline judge as its models, cases as its test cases, our metrics as its metrics.

Imported only where DeepEval is used: `opsnb.evaluate.judge` reaches it from function bodies.
"""
import asyncio
import inspect
import json
import warnings

from deepeval import metrics
from deepeval.metrics.dag.utils import copy_graph  # noqa: F401 - for `Dag`
from deepeval.models.base_model import DeepEvalBaseLLM, DeepEvalBaseSystemOneModel
from deepeval.models.system_one.schema import NoulAnswer, NoulQuestion, ScoreAnswer, ScoreQuestion, SystemOneAnswers
from deepeval.test_case import ConversationalTestCase, LLMTestCase, SingleTurnParams, ToolCall, Turn

from ..errors import OpsError
from .case import Case
from .judge.offline import NAME, decided, level
from .metric import Result, scored

FIELDS = {"question": SingleTurnParams.INPUT, "output": SingleTurnParams.ACTUAL_OUTPUT, "expected": SingleTurnParams.EXPECTED_OUTPUT,
          "context": SingleTurnParams.CONTEXT, "retrieved": SingleTurnParams.RETRIEVAL_CONTEXT, "tools": SingleTurnParams.TOOLS_CALLED}
MOST = 90_000  # characters of a test case: DeepEval refuses more where no language model judges


class Asked(DeepEvalBaseLLM):
    """A model of the `llm` layer as DeepEval's judge; `asking` counts what it costs."""

    def __init__(self, asking):
        self.asking = asking
        super().__init__(asking.name)
        self.name = asking.name

    def load_model(self): return self.asking
    def get_model_name(self): return self.asking.name
    def supports_log_probs(self): return False
    def generate(self, prompt, schema=None): return self.asking.ask(prompt, schema)
    async def a_generate(self, prompt, schema=None): return await asyncio.to_thread(self.asking.ask, prompt, schema)
    def generate_with_schema(self, prompt, *_, schema=None, **__): return self.generate(prompt, schema)  # theirs asks twice after a TypeError
    async def a_generate_with_schema(self, prompt, *_, schema=None, **__): return await self.a_generate(prompt, schema)


class OfflineJudge(DeepEvalBaseSystemOneModel):
    """The judge without a language model: one number for the state, given to each question of it."""

    def __init__(self, embedder=None):
        self.embedder, self.why = embedder, ""
        super().__init__(NAME)
        self.name = NAME

    def load_model(self): return None
    def get_model_name(self): return NAME

    def decide(self, state, questions):
        score, self.why = decided(state, self.embedder)
        sure, nouls, scores = abs(2 * score - 1), {}, {}
        for key, question in questions.items():
            if isinstance(question, NoulQuestion): nouls[key] = NoulAnswer(probability=score)
            elif isinstance(question, ScoreQuestion):
                place, shares = level(score, len(question.levels))
                scores[key] = ScoreAnswer(score=place, probabilities=shares, confidence=sure)
            else: raise OpsError("The offline judge cannot choose among words", given=str(question)[:200], hint="name a model that judges")
        return SystemOneAnswers(nouls=nouls, scores=scores), 0.0

    async def a_decide(self, state, questions): return await asyncio.to_thread(self.decide, state, questions)


def made(of, name, options, model, offline, embedder, threshold):
    """An object of DeepEval's class `of`, as quiet and frugal as it can be."""
    cls = getattr(metrics, of)
    takes = inspect.signature(cls.__init__).parameters
    judge = {"eval_mode": "system_one", "system_one_model": OfflineJudge(embedder)} if offline else {"model": model, "eval_mode": "llm"}
    given = {"threshold": threshold, "async_mode": False, "include_reason": False, "verbose_mode": False, **judge}
    wrong = [k for k in options if k not in takes or k in given]
    allowed = sorted(set(takes) - set(given) - {"self", "flaky", "evaluation_template", "name"})
    if wrong: raise OpsError(f"The metric {name} has no option {wrong[0]!r}", given=sorted(options), allowed=["judge", "threshold", "repeat", *allowed])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about a direction that once was another
        return cls(**{k: v for k, v in {**given, **options}.items() if k in takes})


def measure(metric, test_case):
    """Measure, without a spinner."""
    takes = inspect.signature(metric.measure).parameters
    quiet = "_show_indicator" in takes or any(p.kind == p.VAR_KEYWORD for p in takes.values()) and type(metric).__module__.startswith("deepeval.")
    metric.measure(test_case, **({"_show_indicator": False} if quiet else {}))
    return metric.score


def text(value): return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
def one(value): return text(value[0]) if isinstance(value, list) and value else text(value)


def tools(said):
    """Calls of tools: names, or `{"name", "input_parameters", "output"}`."""
    if said is None: return None
    calls = said if isinstance(said, list) else [said]
    wrong = next((c for c in calls if not (isinstance(c, str) or isinstance(c, dict) and c.get("name"))), None)
    if wrong is not None: raise OpsError("This is no call of a tool", given=str(wrong)[:200], allowed='a name, or {"name": …, "input_parameters": {…}, "output": …}')
    return [ToolCall(name=c) if isinstance(c, str) else ToolCall(**{k: c[k] for k in ("name", "input_parameters", "output", "description", "reasoning") if k in c}) for c in calls]


def test_case(case, result):
    """A case and its result as DeepEval has them."""
    called = (result.more or {}).get("tools_called", case.more.get("tools_called"))
    return LLMTestCase(input=case.question, actual_output=text(result.output), expected_output=one(case.expected), context=case.context or result.retrieved or None,
                       retrieval_context=result.retrieved or case.context or None, tools_called=tools(called), expected_tools=tools(case.more.get("expected_tools")), name=case.id)


def conversation(case, result):
    """A case with turns as DeepEval has it; the result is the last turn, where the assistant's is missing."""
    inputs = case.inputs if isinstance(case.inputs, dict) else {"turns": case.inputs}
    turns = [t if isinstance(t, dict) else {"role": t[0], "content": t[1]} for t in inputs["turns"]]
    if result.output is not None and (not turns or turns[-1].get("role") != "assistant"): turns = [*turns, {"role": "assistant", "content": text(result.output), "retrieval_context": result.retrieved or None}]
    try: made = [Turn(**{k: t[k] for k in ("role", "content", "retrieval_context") if t.get(k) is not None}, **({"tools_called": tools(t["tools_called"])} if t.get("tools_called") else {})) for t in turns]
    except ValueError as e: raise OpsError("A turn cannot be read", given=str(turns)[:200], allowed='{"role": "user" or "assistant", "content": "…"}') from e
    about = {k: inputs.get(k) or case.more.get(k) for k in ("chatbot_role", "scenario", "user_description")}
    return ConversationalTestCase(turns=made, expected_outcome=one(case.expected), context=case.context or None, name=case.id, **{k: v for k, v in about.items() if v})


def ours(model):
    """The model of the `llm` layer behind one of DeepEval's, or that one."""
    return model.asking.model if isinstance(model, Asked) else model


def needs_of(metric):
    """What one of DeepEval's metrics needs of a case, in our words."""
    asks = getattr(metric, "evaluation_params", None) or getattr(metric, "_required_params", None) or ()
    words = {**{v: k for k, v in FIELDS.items()}, SingleTurnParams.CONTEXT: "retrieved"}
    return tuple(dict.fromkeys(words[p] for p in asks if not isinstance(p, type) and words.get(p) in ("output", "expected", "retrieved"))) if isinstance(asks, (list, tuple)) else ()


class OursAsTheirs(metrics.BaseMetric):
    """A metric of ours for `assert_test`, `deepeval.evaluate` and `deepeval test run`."""

    def __init__(self, metric, threshold=None):
        if metric.whole: raise OpsError(f"The metric {metric.name} is of all cases together: DeepEval judges one at a time")
        self.metric, self.threshold, self.evaluation_model = metric, metric.passes_at if threshold is None else threshold, metric.judge
        if self.threshold is None: self.threshold = 0.5
        if not metric.higher_is_better: raise OpsError(f"Of {metric.name}, less is better: DeepEval knows only thresholds that must be reached")
        has = {"expected": "expected", "output": "output", "context": "context", "retrieved": "retrieved"}
        self._required_params = [SingleTurnParams.INPUT, *(FIELDS[has[n]] for n in metric.needs if n in has)]

    @property
    def __name__(self): return self.metric.name

    def measure(self, test_case, *_, **__):
        case = Case(test_case.input, test_case.expected_output, test_case.context or test_case.retrieval_context or [], output=test_case.actual_output, id=test_case.name or "", more=test_case.metadata or {})
        said = scored(self.metric, case, Result(test_case.actual_output, retrieved=list(test_case.retrieval_context or test_case.context or [])))
        if said.value is None: raise OpsError(f"{self.metric.name} has no score", given=said.why)
        self.score, self.reason, self.evaluation_cost, self.error = said.value, said.why, said.cost, None
        self.success = self.score >= self.threshold
        return self.score

    async def a_measure(self, test_case, *_, **__): return await asyncio.to_thread(self.measure, test_case)
    def is_successful(self): return bool(self.success) and self.error is None
