import React from 'react';
import { canOpen, openFile } from '../files';
import { useAnswer } from '../hooks';
import type { IBodyProps } from '../tokens';
import type { DocumentText } from '../api';
import { FailureBox } from './failure';
import { Marked } from './marked';

export interface IReading {
  source: string;
  chunk?: string;
  page?: number | null;
  /** [start, end] in the document, to be marked. */
  places?: readonly (readonly number[])[];
}

interface ISegment {
  start: number;
  end: number;
  chunks: number[];
}

/** The stretches of a text between the borders of its chunks. */
export function segments(text: DocumentText): ISegment[] {
  const end = text.offset + text.text.length;
  const edges = [text.offset, end];
  text.chunks.forEach(c => edges.push(c.start, c.end));
  const sorted = [...new Set(edges)].filter(e => e >= text.offset && e <= end).sort((a, b) => a - b);
  const made: ISegment[] = [];
  let first = 0;
  for (let i = 0; i + 1 < sorted.length; i++) {
    const [from, to] = [sorted[i], sorted[i + 1]];
    while (first < text.chunks.length && text.chunks[first].end <= from) {
      first++;
    }
    const chunks: number[] = [];
    for (let n = first; n < text.chunks.length && text.chunks[n].start <= from; n++) {
      if (text.chunks[n].end > from) {
        chunks.push(n);
      }
    }
    made.push({ start: from, end: to, chunks });
  }
  return made;
}

/** A document with the borders of its chunks; the chosen chunk stands out, and its neighbours are a step away. */
export function Reader(
  props: IBodyProps & { index: string; reading: IReading; onRead: (reading: IReading) => void }
): JSX.Element {
  const { opsnb, index, reading, onRead } = props;
  const { trans } = opsnb;
  const [offset, setOffset] = React.useState(0);
  React.useEffect(() => setOffset(0), [reading.source, reading.chunk]);
  const box = React.useRef<HTMLDivElement>(null);
  const chunk = offset ? '' : (reading.chunk ?? '');
  const answer = useAnswer<DocumentText>(
    opsnb,
    () => opsnb.client.view('document', { index, source: reading.source, chunk, offset }),
    [index, reading.source, chunk, offset]
  );
  const text = answer.data;
  React.useEffect(() => {
    box.current?.querySelector('[data-chosen="true"]')?.scrollIntoView({ block: 'center' });
  }, [text, reading.chunk]);
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!text || text.source !== reading.source) {
    return <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>;
  }
  const at = text.chunks.findIndex(c => c.id === reading.chunk);
  const chosen = at >= 0 ? text.chunks[at] : undefined;
  const page = chosen?.page ?? reading.page;
  const step = (to: number) => {
    const next = text.chunks[to];
    if (next) {
      onRead({ source: text.source, chunk: next.id, page: next.page });
    }
  };
  const later = text.offset + text.text.length;
  return (
    <div className="jp-opsnb-Reader">
      <div className="jp-opsnb-Head">
        <h3>
          <bdi>{text.title || text.source}</bdi>
        </h3>
        <div className="jp-opsnb-Buttons">
          <button type="button" className="jp-opsnb-Button" disabled={at <= 0} onClick={() => step(at - 1)}>
            {trans.__('Chunk before')}
          </button>
          <button
            type="button"
            className="jp-opsnb-Button"
            disabled={at + 1 >= text.chunks.length}
            onClick={() => step(at + 1)}
          >
            {trans.__('Next chunk')}
          </button>
          {text.file && canOpen(opsnb, text.file) && (
            <button
              type="button"
              className="jp-opsnb-Button"
              onClick={() => void openFile(opsnb, text.file, text.kind === 'pdf' ? page : null)}
            >
              {page ? trans.__('Open the document, page %1', page) : trans.__('Open the document')}
            </button>
          )}
          {text.url && (
            <a href={text.url} target="_blank" rel="noopener noreferrer">
              {trans.__('Open the address')}
            </a>
          )}
        </div>
        <p className="jp-opsnb-mod-dim">
          <bdi>{text.source}</bdi>
          {chosen
            ? ` · ${trans.__('chunk %1 of %2', chosen.position + 1, text.total === text.text.length ? text.chunks.length : '…')}${chosen.section ? ` · ${chosen.section}` : ''}`
            : ` · ${trans._n('%1 chunk', '%1 chunks', text.chunks.length)}`}
        </p>
      </div>
      <div
        className="jp-opsnb-Reader-text"
        ref={box}
        tabIndex={0}
        role="region"
        aria-label={trans.__('Text of the document')}
      >
        {text.offset > 0 && (
          <button
            type="button"
            className="jp-opsnb-Link"
            onClick={() => setOffset(Math.max(1, text.offset - 60000))}
          >
            {trans.__('earlier text')}
          </button>
        )}
        {segments(text).map(s => {
          const begins = s.chunks.filter(n => text.chunks[n].start === s.start);
          const own = s.chunks.includes(at) && at >= 0;
          const piece = text.text.slice(s.start - text.offset, s.end - text.offset);
          const places = (reading.places ?? []).map(([a, b]) => [
            Math.max(a, s.start) - s.start,
            Math.min(b, s.end) - s.start
          ]);
          return (
            <span key={s.start} className={s.chunks.length ? 'jp-opsnb-Chunk' : undefined} data-chosen={own}>
              {begins.map(n => (
                <button
                  key={n}
                  type="button"
                  className="jp-opsnb-Chunk-number"
                  aria-label={trans.__('Chunk %1', text.chunks[n].position + 1)}
                  aria-pressed={n === at}
                  onClick={() => step(n)}
                >
                  {text.chunks[n].position + 1}
                </button>
              ))}
              <Marked text={piece} places={places.filter(([a, b]) => b > a && a >= 0)} />
            </span>
          );
        })}
        {later < text.total && (
          <button type="button" className="jp-opsnb-Link" onClick={() => setOffset(later)}>
            {trans.__('later text')}
          </button>
        )}
      </div>
    </div>
  );
}
