"""Jobs on Kubernetes: manifests against the schemas of Kubernetes, the flow against an emulator of its API. No cluster, no pods."""
import asyncio
import copy
import json
import threading

import pytest

import opsnb as ops
from opsnb.errors import OpsError, Unavailable
from opsnb.jobs import k8s
from opsnb.jobs.backend import engine
from opsnb.jobs.spec import Spec
from opsnb.plug import has
from support import opsnb, until

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("k8s"), pytest.mark.skipif(not has("kubernetes"), reason="pip install 'opsnb[k8s]'")]


def spec(**kw):
    return Spec(**{"id": "job_3f2a91c0aa17", "name": "fit", "kind": "command", "argv": ["true"], "on": "k8s", **kw})


SPECS = [spec(), spec(gpus=2, cpus=8, mem_gb=31.5, nodes=4, env={"DEBUG": "1", "HF_TOKEN": "env:HF_TOKEN"}), spec(nodes=2, engine={"queue": "team", "node_selector": {"gpu": "a100"}, "priority_class": "high", "service_account": "trainer", "gpu": "amd.com/gpu"}, gpus=1)]


def made(s, **kw):
    return k8s.manifest(s, "job-3f2a91c0aa17-1", "/data/ann/.opsnb", ["python3", "-P"], "registry/image:1", "work/ann", **{"user": (1000, 1000), **kw})


@pytest.mark.parametrize("s", SPECS, ids=["small", "many", "words"])
def test_manifests_are_what_kubernetes_takes(s):
    import kubernetes_validate
    for body in (made(s), k8s.service(s, "job-3f2a91c0aa17-1", "/data/ann/.opsnb")):
        kubernetes_validate.validate(body, "1.37", strict=True)
        assert json.loads(json.dumps(body)) == body
    assert made(s) == made(copy.deepcopy(s))  # nothing in it depends on when it is made
    wrong = made(s)
    wrong["spec"]["parallelim"] = 1
    with pytest.raises(kubernetes_validate.ValidationError): kubernetes_validate.validate(wrong, "1.37", strict=True)


def test_what_the_manifest_says():
    one, many, words = map(made, SPECS)
    container = many["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {"requests": {"cpu": "8", "memory": "31500M", "nvidia.com/gpu": "2"}, "limits": {"memory": "31500M", "nvidia.com/gpu": "2"}}
    env = {v["name"]: v for v in container["env"]}
    assert env["HF_TOKEN"] == {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "job-3f2a91c0aa17-1", "key": "HF_TOKEN"}}}
    assert env["MASTER_ADDR"]["value"] == "job-3f2a91c0aa17-1-0.job-3f2a91c0aa17-1" and many["spec"]["template"]["spec"]["subdomain"] == "job-3f2a91c0aa17-1"
    assert (many["spec"]["completions"], many["spec"]["parallelism"], one["spec"]["suspend"]) == (4, 4, False)
    assert words["spec"]["suspend"] and words["metadata"]["labels"][k8s.KUEUE] == "team"
    assert words["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"] == {"amd.com/gpu": "1"}


def test_words_for_what_kubernetes_says():
    def said(type, reason=""): return {"conditions": [{"type": type, "status": "True", "reason": reason, "message": "m"}]}
    cases = [({"spec": {"suspend": True}, "status": {}}, "queued"), ({"spec": {}, "status": said("Suspended")}, "queued"), ({"spec": {}, "status": {}}, "queued"), ({"spec": {}, "status": {"active": 1, "ready": 0}}, "running"),
             ({"spec": {}, "status": said("Complete")}, "lost"), ({"spec": {}, "status": said("Failed", "BackoffLimitExceeded")}, "lost: Kubernetes says: BackoffLimitExceeded m")]
    assert [k8s.word_of(j) for j, _ in cases] == [w for _, w in cases]


def group(version):
    one = {"groupVersion": version, "version": version.split("/")[1]}
    return {"name": version.split("/")[0], "versions": [one], "preferredVersion": one}


@pytest.fixture
def cluster(project, tmp_path, monkeypatch):
    """An emulator of the API of Kubernetes, with its own thread."""
    import kmock
    up, loop, what = threading.Event(), asyncio.new_event_loop(), {}

    async def serve():
        emulator = kmock.KubernetesEmulator()
        emulator["get /apis/"] << (lambda: {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group(v) for v in {"batch/v1", *(f"{r.group}/{r.version}" for r in emulator.resources if r.group)}]})  # with the slash of the official client
        for resource in ("batch/v1/jobs", "v1/pods", "v1/services", "v1/secrets"): emulator.resources[resource] = {}
        async with kmock.Server(emulator, host="127.0.0.1", port=0) as server:
            what.update(emulator=emulator, loop=loop, thread=thread, url=str(server.url), stop=asyncio.Event())
            up.set()
            await what["stop"].wait()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert up.wait(30)
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}], "clusters": [{"name": "c", "cluster": {"server": what["url"]}}], "users": [{"name": "u", "user": {}}]}
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    (project / "opsnb.toml").write_text('k8s_image = "registry/image:1"\nk8s_claim = "work/ann/shop"\n')
    yield what
    if thread.is_alive(): loop.call_soon_threadsafe(what["stop"].set), thread.join(10)


def at(cluster, job, plural="jobs"):
    """An object of the emulator, to read and to change as a controller would."""
    return next(o for (r, _, name), o in cluster["emulator"].objects.items() if r.plural == plural and name == job.key and not o.deleted)


def test_from_submitting_to_the_end(ws, cluster, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_0123456789abcdef")
    job = ops.submit("train --fast", on="k8s", gpus=1, nodes=2, env={"HF_TOKEN": "env:HF_TOKEN"}, k8s_queue="team")
    made, secret, service = (at(cluster, job, p).raw for p in ("jobs", "secrets", "services"))
    assert made["metadata"]["name"] == job.key and "hf_0123" not in json.dumps(made) and secret["stringData"] == {"HF_TOKEN": "hf_0123456789abcdef"}
    assert secret["metadata"]["ownerReferences"][0]["name"] == service["metadata"]["ownerReferences"][0]["name"] == job.key
    assert not [p for p in ws.path.rglob("*") if p.is_file() and b"hf_0123" in p.read_bytes()]
    assert job.status == "queued"  # suspended: Kueue has not admitted it
    at(cluster, job).patch({"spec": {"suspend": False}, "status": {"active": 2}})
    monkeypatch.setattr(k8s.Kubernetes, "ask_s", 0)
    assert job.status == "queued"  # its pods begin; the worker has not said anything yet
    job.folder.append("job.started", attempt=1, host="pod-0", pid=1, gpus=["0"])  # as the worker does, in the folder on the volume
    assert job.status == "running" and ops.job(job.id).status == "running"
    job.folder.append("job.ended", status="done", exit_code=0)
    at(cluster, job).patch({"status": {"active": 0, "conditions": [{"type": "Complete", "status": "True"}]}})
    assert job.status == "done" and job.result() == 0


def launched(**kw):
    return spec(argv=["{python}", "-P", "-m", "opsnb._launch", "train.py"], nodes=2, **kw)


@pytest.mark.parametrize("s", [launched(), launched(gpus=8, mem_gb=100, env={"HF_TOKEN": "env:HF_TOKEN"}, engine={"queue": "team", "node_selector": {"gpu": "a100"}, "service_account": "trainer"})], ids=["small", "many"])
def test_trainjobs_are_what_kubeflow_takes(s):
    models = pytest.importorskip("kubeflow_trainer_api.models")  # fields it does not know are dropped
    body = k8s.train_job(s, "job-3f2a91c0aa17-1", "/data/ann/.opsnb", ["python3", "-P"], "registry/image:1", "work/ann", user=(1000, 1000))
    def taken(b): return json.loads(models.TrainerV1alpha1TrainJob.from_dict(b).to_json())
    assert taken(body) == body
    wrong = copy.deepcopy(body)
    wrong["spec"]["trainer"]["numNode"] = 2
    assert taken(wrong) != wrong
    patch = body["spec"]["runtimePatches"][0]["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]
    assert patch["spec"]["containers"][0]["volumeMounts"][0]["subPath"] == "ann" and patch["metadata"]["labels"]["opsnb.dev/job"] == s.id and "env" not in patch["spec"]["containers"][0]
    assert body["spec"]["suspend"] == ("queue" in s.engine) and not {"PET_NNODES", "PET_MASTER_ADDR"} & {v["name"] for v in body["spec"]["trainer"]["env"]}


def test_a_launch_over_nodes_is_a_trainjob_where_there_are_some(ws, cluster, project, monkeypatch):
    monkeypatch.setattr(k8s.Kubernetes, "ask_s", 0)
    monkeypatch.setenv("HF_TOKEN", "hf_0123456789abcdef")
    (project / "train.py").write_text("print(1)")
    ask = dict(on="k8s", nodes=2, gpus=1, launch=True)
    with pytest.raises(OpsError, match="no Kubeflow Trainer"): ops.submit("train.py", **ask, k8s_runtime="mine")
    plain = ops.submit("train.py", **ask)
    assert at(cluster, plain, "jobs")  # a cluster without Trainer
    trainer = "trainer.kubeflow.org/v1alpha1"
    for kind in ("trainjobs", "clustertrainingruntimes"): cluster["emulator"].resources[f"{trainer}/{kind}"] = {}
    engine("k8s", ws)._trainer = None
    still = ops.submit("train.py", **ask)
    assert at(cluster, still, "jobs")  # and one whose runtime is missing
    with pytest.raises(OpsError, match="no training runtime 'mine'"): ops.submit("train.py", **ask, k8s_runtime="mine")
    engine("k8s", ws).api("CustomObjectsApi")[0].create_cluster_custom_object(*trainer.split("/"), "clustertrainingruntimes", {"apiVersion": trainer, "kind": "ClusterTrainingRuntime", "metadata": {"name": "torch-distributed"}})
    job = ops.submit("train.py", **ask, env={"HF_TOKEN": "env:HF_TOKEN"}, k8s_queue="team")
    made, secret = at(cluster, job, "trainjobs").raw, at(cluster, job, "secrets").raw
    assert made["spec"]["trainer"]["numNodes"] == 2 and made["metadata"]["labels"][k8s.KUEUE] == "team" and "hf_0123" not in json.dumps(made) and secret["metadata"]["ownerReferences"][0]["kind"] == "TrainJob"
    assert engine("k8s", ws).find(job) == job.key == engine("k8s", ws).submit(job) and len(engine("k8s", ws)._ours(True)) == 3
    assert job.status == "queued" and plain.status == "queued" and [r["queued"] for r in ops.backends() if r["back-end"] == "k8s"] == [3]
    at(cluster, job, "trainjobs").patch({"spec": {"suspend": False}, "status": {"jobsStatus": [{"name": "node", "ready": 1, "active": 1}]}})
    job.folder.append("job.started", attempt=1, host="pod-0", pid=1, gpus=["0"])
    assert job.status == "running"
    assert job.cancel() and until(lambda: job.status == "cancelled") and len(engine("k8s", ws)._ours(True)) == 2
    lost = ops.submit("train.py", **ask)
    monkeypatch.setattr(k8s.Kubernetes, "settle_s", 0)
    at(cluster, lost, "trainjobs").patch({"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "m"}]}})
    assert lost.status == "lost" and "DeadlineExceeded" in lost.state.error
    for words in ({"k8s_runtime": "none"}, {"k8s_priority_class": "high"}): assert at(cluster, ops.submit("train.py", **ask, **words), "jobs")
    with pytest.raises(OpsError, match="Only a launch"): ops.submit("train.py", on="k8s", k8s_runtime="torch-distributed")


def test_a_job_whose_worker_says_nothing(ws, cluster, monkeypatch):
    monkeypatch.setattr(k8s.Kubernetes, "ask_s", 0), monkeypatch.setattr(k8s.Kubernetes, "settle_s", 0)
    job, other = ops.submit("train", on="k8s"), ops.submit("train", on="k8s")
    at(cluster, job).patch({"status": {"conditions": [{"type": "Failed", "status": "True", "reason": "PodFailurePolicy", "message": "exit code 137"}]}})
    assert job.status == "lost" and "exit code 137" in job.state.error
    again = job.retry()
    assert again.key.endswith("-2") and again.status == "queued" and at(cluster, again).raw["metadata"]["name"] == again.key
    assert other.cancel() and until(lambda: other.status == "cancelled") and not [j for j in engine("k8s", ws)._ours() if j["metadata"]["name"] == other.key]
    assert ops.backends()[[r["back-end"] for r in ops.backends()].index("k8s")]["queued"] == 1


def test_found_again_when_the_submitter_died(ws, cluster):
    job = ops.submit("train", on="k8s")
    assert engine("k8s", ws).find(job) == job.key
    assert engine("k8s", ws).submit(job) == job.key  # a second time: no second Job
    assert len(engine("k8s", ws)._ours()) == 1


def test_pods_tell_why_nothing_begins(ws, cluster):
    import kmock
    job = ops.submit("train", on="k8s")
    pods = engine("k8s", ws).api("CoreV1Api")[0]
    body = {"metadata": {"name": f"{job.key}-0-x", "namespace": "shop", "labels": {"opsnb.dev/job": job.id}}, "status": {"phase": "Pending", "containerStatuses": [{"name": "job", "image": "i", "imageID": "", "ready": False, "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]}}
    pods.create_namespaced_pod("shop", body)
    assert "ImagePullBackOff: no such image" in str(job.logs())
    body["metadata"]["name"] += "y"
    body["status"] = {"phase": "Failed"}
    pods.create_namespaced_pod("shop", body)
    cluster["emulator"][f"get /api/v1/namespaces/shop/pods/{body['metadata']['name']}/log"] << b"No module named opsnb" << kmock.headers({"Content-Type": "text/plain"})
    assert "No module named opsnb" in str(job.logs())


def test_what_is_missing_is_said(ws, cluster, project, monkeypatch):
    for given, says in (({"k8s_queu": "x"}, "k8s_queue"), ({"environment": "lock"}, "in an image"), ({"k8s_node_selector": "a100"}, "a dict")):
        with pytest.raises(OpsError) as e: ops.submit("train", on="k8s", **given)
        assert says in str(e.value)
    for left, says in (('k8s_image = "i"', "k8s_claim"), ('k8s_claim = "c"', "k8s_image")):
        (project / "opsnb.toml").write_text(left + "\n")
        with pytest.raises(OpsError) as e: ops.submit("train", on="k8s")
        assert says in str(e.value)
    assert not list((ws.path / "jobs").glob("job_*"))


def test_a_cluster_that_does_not_answer(ws, cluster, monkeypatch):
    job = ops.submit("train", on="k8s")
    cluster["loop"].call_soon_threadsafe(cluster["stop"].set)
    cluster["thread"].join(30)
    monkeypatch.setattr(k8s.Kubernetes, "ask_s", 0)
    assert job.status == "unreachable" and not job.done()
    with pytest.raises(Unavailable): ops.submit("train", on="k8s")
    code, out, _ = opsnb("jobs", "--json")
    assert code == 0 and json.loads(out)[0]["status"] == "unreachable"
