"""LlamaIndex's own interfaces over ours: a retriever, a query engine and a vector store. Reached through rag.llama_index only."""
import asyncio
import json
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.callbacks import CallbackManager
from llama_index.core.schema import NodeRelationship, NodeWithScore, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQueryMode, VectorStoreQueryResult
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict

from ..errors import OpsError
from . import filter as filters
from .answer import ask
from .document import Chunk
from .store import Draft, Store, one_of, row_of

OF_CHUNK = ("source", "title", "section", "page", "start", "end", "kind")
WHOLE, OF_DOCUMENT = "_node", "_document"  # keys of a row's metadata: the node as JSON, the id of its document


def node_of(hit):
    """A hit as a node with its score; where it stands is in its metadata."""
    c = hit.chunk
    told = {k: v for k in OF_CHUNK if (v := getattr(c, k)) not in (None, "")}
    node = TextNode(id_=c.id, text=c.text, metadata={**c.metadata, **told}, start_char_idx=c.start, end_char_idx=c.end)
    node.excluded_embed_metadata_keys = node.excluded_llm_metadata_keys = [k for k in node.metadata if k not in ("title", "section", "page")]
    node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=c.source)
    return NodeWithScore(node=node, score=hit.score)


class Retriever(BaseRetriever):
    """Search of an opsnb index."""

    def __init__(self, index, k=5, **options):
        self._opsnb = index, k, options
        super().__init__(callback_manager=CallbackManager([]))

    def _retrieve(self, query_bundle):
        index, k, options = self._opsnb
        return [node_of(h) for h in index.search(query_bundle.query_str, k=k, **options)]

    async def _aretrieve(self, query_bundle): return await asyncio.to_thread(self._retrieve, query_bundle)


class QueryEngine(BaseQueryEngine):
    """`ask` of an opsnb index: LlamaIndex's Response, with our answer in its metadata."""

    def __init__(self, index, **options):
        self._opsnb = index, options
        super().__init__(callback_manager=CallbackManager([]))

    def _get_prompt_modules(self): return {}

    def _query(self, query_bundle):
        index, options = self._opsnb
        answer = ask(query_bundle.query_str, index, **{"stream": False, **options})
        return Response(answer.text, source_nodes=[node_of(h) for h in answer.chunks], metadata={"answered": answer.answered, "citations": [c.to_dict() for c in answer.citations], "answer": answer})

    async def _aquery(self, query_bundle): return await asyncio.to_thread(self._query, query_bundle)


class VectorStore(BasePydanticVectorStore):
    """LlamaIndex's vector store over one of our stores: each call that writes serves a new version."""

    stores_text: bool = True
    flat_metadata: bool = False
    uri: str
    model: str = "llama_index"
    keep: int = 5
    _store: Any = PrivateAttr(default=None)

    @classmethod
    def class_name(cls): return "OpsnbVectorStore"

    @property
    def client(self):
        if self._store is None: self._store = Store(self.uri)
        return self._store

    def add(self, nodes, **_):
        nodes = {n.node_id: n for n in nodes}
        if not nodes: return []
        rows = [_row(n) for n in nodes.values()]
        dims = {len(r["vector"]) for r in rows}
        if len(dims) != 1: raise OpsError("The nodes' vectors are of different lengths", given=sorted(dims))
        self._write(lambda draft: draft.upsert(rows), dims.pop())
        return list(nodes)

    def delete(self, ref_doc_id, **_): self._remove(_of_document([ref_doc_id]))
    def delete_nodes(self, node_ids=None, filters=None, **_):
        if (where := self._where(node_ids, None, filters)) is not None: self._remove(where)
    def clear(self): self._remove("true")

    def get_nodes(self, node_ids=None, filters=None):
        if not self._there(): return []
        if node_ids is not None and filters is None: return [_node(r) for r in self.client.rows(node_ids)]
        return [_node(r) for r in self.client.select(self._where(node_ids, None, filters))]

    def query(self, query, **_):
        where, k = self._where(query.node_ids, query.doc_ids, query.filters), query.similarity_top_k
        rows = _ranked(self.client, query, where, k) if self._there() else []
        return VectorStoreQueryResult(nodes=[_node(r) for _, r in rows], similarities=[s for s, _ in rows], ids=[r["id"] for _, r in rows])

    async def aquery(self, query, **kw): return await asyncio.to_thread(self.query, query, **kw)
    async def async_add(self, nodes, **kw): return await asyncio.to_thread(self.add, nodes, **kw)

    def _there(self): return bool(self.client.versions())

    def _remove(self, where):
        if self._there(): self._write(lambda draft: draft.delete(where))

    def _write(self, change, dims=None):
        with Draft(self.client, {"name": self.model, "dims": dims} if dims else None) as draft:
            change(draft)
            draft.publish({"by": self.class_name()}, self.keep)

    def _where(self, ids, documents, given):
        parts = ([one_of("id", ids)] if ids else []) + ([_of_document(documents)] if documents else []) + [w for w in [filters.where(given)] if w]
        return " and ".join(f"({p})" for p in parts) or None


def _of_document(ids): return filters.sql(filters.checked(filters.Test(OF_DOCUMENT, "in", list(ids))))


def _row(node):
    """A node as a row: its text and metadata to be searched, and itself whole."""
    if node.embedding is None: raise OpsError("A node has no vector", given=node.node_id, hint="give LlamaIndex an embedding model: VectorStoreIndex(nodes, storage_context=…, embed_model=…)")
    text, m = node.get_content(metadata_mode="none"), node.metadata
    start, end = getattr(node, "start_char_idx", None) or 0, getattr(node, "end_char_idx", None)
    document = node.ref_doc_id or ""
    kept = json.dumps(node_to_metadata_dict(node, remove_text=True, flat_metadata=False), default=str)
    page = next((int(p) for p in (m.get("page"), m.get("page_label")) if str(p).isdecimal()), None)
    chunk = Chunk(node.node_id, str(m.get("source") or m.get("file_path") or m.get("file_name") or document), text, start, end if end is not None else start + len(text),
                  title=str(m.get("title") or ""), section=str(m.get("section") or ""), page=page, metadata={**m, WHOLE: kept, OF_DOCUMENT: document})
    return {**row_of(chunk), "vector": node.embedding, "tokens": None}


def _node(row):
    kept = json.loads(row["metadata"])
    if WHOLE in kept: return metadata_dict_to_node(json.loads(kept[WHOLE]), row["text"])
    told = {k: row[k] for k in OF_CHUNK if row[k] not in (None, "")}
    return TextNode(id_=row["id"], text=row["text"], metadata={**kept, **told}, relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=row["source"])})


def _ranked(store, query, where, k):
    """`[(similarity, row)]`, best first: cosine, the text search's own score, or both on one scale."""
    mode = query.mode
    dense = [(1 - r["_distance"], r) for r in store.vector_search(query.query_embedding, k if mode == VectorStoreQueryMode.DEFAULT else 4 * k, where)] if query.query_embedding is not None else []
    if mode == VectorStoreQueryMode.DEFAULT: return dense
    if mode not in (VectorStoreQueryMode.TEXT_SEARCH, VectorStoreQueryMode.SPARSE, VectorStoreQueryMode.HYBRID):
        raise OpsError("This store has no such mode of query", given=mode.value, allowed=["default", "text_search", "sparse", "hybrid"])
    text = [(r["_score"], r) for r in store.text_search(query.query_str or "", 4 * k, where)]
    if mode != VectorStoreQueryMode.HYBRID: return text[:k]
    alpha = 0.5 if query.alpha is None else query.alpha
    one, other = _scaled(dense), _scaled(text)
    rows = {r["id"]: r for _, r in dense + text}
    return sorted(((alpha * one.get(i, 0.0) + (1 - alpha) * other.get(i, 0.0), r) for i, r in rows.items()), key=lambda x: -x[0])[:k]


def _scaled(scored):
    """Scores from 0 to 1 by id: the best is 1, the last candidate 0."""
    if not scored: return {}
    high, low = scored[0][0], scored[-1][0]
    return {r["id"]: (s - low) / (high - low) if high > low else 1.0 for s, r in scored}


