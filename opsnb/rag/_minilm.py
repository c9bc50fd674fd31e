"""The MiniLM encoder as one ONNX graph in 8 bits, built from its weights; nothing of torch is needed.

Weights have 8 bits and a scale for each column, activations 8 bits and a scale for each call. The last layer of each block sees
a few very large activations, which such a scale would drown the others in: it has a scale for each 128 of a row.
One text goes in at a time: without padding, batches gain nothing.
"""
import json
import struct

import numpy as np

RECIPE = 1          # raised when the same weights would give other vectors
WIDTH = 128         # dimensions of a token's state
HEADS = 12


def weights(path):
    """The tensors of a safetensors file by name, mapped, not read."""
    with open(path, "rb") as f:
        size = struct.unpack("<Q", f.read(8))[0]
        head = json.loads(f.read(size))
    data = np.memmap(path, np.uint8, "r", offset=8 + size)
    kinds = {"F32": np.float32, "I64": np.int64}
    return {k: data[slice(*v["data_offsets"])].view(kinds[v["dtype"]]).reshape(v["shape"]) for k, v in head.items() if k != "__metadata__"}


class Graph:
    """Nodes and constants of an ONNX graph; each method adds one layer and returns the name of what it gives."""

    def __init__(self, tensors):
        import onnx
        self.onnx, self.tensors, self.nodes, self.constants = onnx, tensors, [], []

    def node(self, op, inputs, outputs=1, domain="", **attributes):
        names = [f"{op}{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(self.onnx.helper.make_node(op, inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def linear(self, x, weight, bias):
        """x @ weight.T + bias, in integers."""
        scale = np.abs(weight).max(axis=1) / 127
        whole = np.rint(weight / scale[:, None]).astype(np.int8).T
        inputs = [x, self.constant(whole), self.constant(scale.astype(np.float32)), self.constant(np.zeros(len(scale), np.int8)), self.constant(bias)]
        return self.node("DynamicQuantizeMatMul", inputs, domain="com.microsoft")

    def blockwise(self, x, weight, bias, block=128):
        """The same with a scale for each `block` numbers."""
        n, k = weight.shape
        parts = weight.reshape(n, k // block, block)
        scale = np.abs(parts).max(axis=2) / 127
        whole = (np.rint(parts / scale[:, :, None]) + 128).astype(np.uint8)
        inputs = [x, self.constant(whole), self.constant(scale.astype(np.float32)), "", "", self.constant(bias)]
        return self.node("MatMulNBits", inputs, domain="com.microsoft", K=k, N=n, bits=8, block_size=block, accuracy_level=4)

    def norm(self, x, name, beside=None):
        """Layer norm of x, or of x + beside."""
        w, b = (self.constant(self.tensors[f"{name}.LayerNorm.{p}"]) for p in ("weight", "bias"))
        if beside is None: return self.node("LayerNormalization", [x, w, b], axis=-1, epsilon=1e-12)
        return self.node("SkipLayerNormalization", [x, beside, w, b], domain="com.microsoft", epsilon=1e-12)

    def layer(self, x, name):
        """One layer of the transformer."""
        t = self.tensors
        three = [f"{name}.attention.self.{p}" for p in ("query", "key", "value")]
        qkv = self.linear(x, np.concatenate([t[f"{p}.weight"] for p in three]), np.concatenate([t[f"{p}.bias"] for p in three]))
        parts = self.node("Split", [qkv], 3, axis=-1, num_outputs=3)
        seen = self.node("MultiHeadAttention", parts, domain="com.microsoft", num_heads=HEADS)
        x = self.norm(self.linear(seen, t[f"{name}.attention.output.dense.weight"], t[f"{name}.attention.output.dense.bias"]), f"{name}.attention.output", x)
        wide = self.node("Gelu", [self.linear(x, t[f"{name}.intermediate.dense.weight"], t[f"{name}.intermediate.dense.bias"])], domain="com.microsoft")
        return self.norm(self.blockwise(wide, t[f"{name}.output.dense.weight"], t[f"{name}.output.dense.bias"]), f"{name}.output", x)


def made(folder):
    """The model file for a folder of weights: the graph, with token states turned into the directions in which they differ most."""
    from tokenizers import Tokenizer
    tensors, tokenizer = weights(folder / "model.safetensors"), Tokenizer.from_file(str(folder / "tokenizer.json"))
    return build(tensors, projection(session(build(tensors)), tokenizer))


def projection(run, tokenizer, words=24_000, each=120):
    """(384, 128): principal directions of the states, then turned at random so that each dimension's sign says equally much.

    The states are those of the tokenizer's own words in random order: a text that is the same wherever the weights are.
    """
    rng = np.random.default_rng(0)
    known = [i for w, i in sorted(tokenizer.get_vocab().items()) if w.isalpha() and len(w) > 1]
    picked, first, last = rng.permutation(known)[:words], *(tokenizer.token_to_id(t) for t in ("[CLS]", "[SEP]"))
    texts = [np.array([[first, *picked[i:i + each], last]], np.int64) for i in range(0, len(picked), each)]
    states = np.concatenate([run.run(["states"], {"ids": ids})[0][1:-1] for ids in texts])
    states /= np.linalg.norm(states, axis=1, keepdims=True)
    _, directions = np.linalg.eigh(states.T @ states)
    directions = directions[:, ::-1][:, :WIDTH]
    directions *= np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(WIDTH)])  # eigenvectors have no sign of their own
    turn, upper = np.linalg.qr(rng.standard_normal((WIDTH, WIDTH)))
    return (directions @ (turn * np.sign(np.diag(upper)))).astype(np.float32)


def build(tensors, projection=None):
    """The graph: ids (1, n) give `vector` (1, 384), of length 1, and `states`: (n, 384), or those times `projection` (384, 128)."""
    g = Graph(tensors)
    words = tensors["embeddings.word_embeddings.weight"]
    scale = np.abs(words).max(axis=1, keepdims=True) / 127
    rows = g.node("Cast", [g.node("Gather", [g.constant(np.rint(words / np.maximum(scale, 1e-12)).astype(np.int8)), "ids"])], to=1)
    x = g.node("Mul", [rows, g.node("Gather", [g.constant(scale.astype(np.float32)), "ids"])])
    places = tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
    zero, one = g.constant(np.array([0])), g.constant(np.array([1]))
    length = g.node("Slice", [g.node("Shape", ["ids"]), one, g.constant(np.array([2])), zero])
    x = g.norm(g.node("Add", [x, g.node("Slice", [g.constant(places), zero, length, zero])]), "embeddings")
    for n in range(1 + max(int(k.split(".")[2]) for k in tensors if k.startswith("encoder.layer."))): x = g.layer(x, f"encoder.layer.{n}")
    mean = g.node("ReduceMean", [x, one], keepdims=0)
    vector = g.node("LpNormalization", [mean], axis=-1, p=2)
    states = g.node("Squeeze", [x, zero])
    if projection is not None: states = g.node("MatMul", [states, g.constant(projection)])
    h = g.onnx.helper
    g.nodes += [h.make_node("Identity", [vector], ["vector"]), h.make_node("Identity", [states], ["states"])]
    wide = words.shape[1] if projection is None else projection.shape[1]
    ends = [h.make_tensor_value_info("vector", 1, [1, words.shape[1]]), h.make_tensor_value_info("states", 1, ["n", wide])]
    made = h.make_graph(g.nodes, "minilm", [h.make_tensor_value_info("ids", 7, [1, "n"])], ends, g.constants)
    return h.make_model(made, opset_imports=[h.make_opsetid("", 18), h.make_opsetid("com.microsoft", 1)], ir_version=10).SerializeToString()


def session(model, threads=1):
    """An ONNX Runtime session of one thread that does not spin; several threads may call it at once."""
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.x64quantprecision", "1")  # processors without VNNI would overflow
    options.log_severity_level = 3
    return ort.InferenceSession(model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"])
