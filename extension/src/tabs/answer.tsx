import React from 'react';
import type { IReading } from '../components/reader';
import type { IBodyProps } from '../tokens';

interface ICitation {
  number: number;
  ok: boolean;
  source: string | null;
  title: string | null;
  section: string | null;
  page: number | null;
  places: number[][];
  quotes: string[];
  chunk: string | null;
  instructions: string[];
}

interface IStatement {
  start: number;
  end: number;
  ok: boolean;
  verdict: { why: string } | null;
}

/** What the verb `ask` returns. */
export interface IAnswered {
  question: string;
  asked: string;
  answered: boolean;
  text: string;
  confidence: number | null;
  citations: ICitation[];
  statements: IStatement[];
  withheld: IStatement[];
  model: string;
  cost: number | null;
  latency_s: number;
  notices: string[];
}

const CITED = /[[【](\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\]】]/g;

/** An answer: each citation leads to its passage; a sentence that no passage supports is underlined. */
export function AnswerBox(
  props: IBodyProps & { answer: IAnswered; onRead: (reading: IReading) => void }
): JSX.Element {
  const { opsnb, answer, onRead } = props;
  const { trans } = opsnb;
  const of = new Map(answer.citations.map(c => [c.number, c]));
  const cite = (c: ICitation) =>
    c.chunk && c.source && onRead({ source: c.source, chunk: c.chunk, page: c.page, places: c.places });
  const place = (c: ICitation) =>
    [c.title, c.source, c.page ? trans.__('page %1', c.page) : '', c.section].filter(Boolean).join(', ');

  const linked = (text: string, key: string) => {
    const parts: React.ReactNode[] = [];
    let at = 0;
    for (let found = CITED.exec(text); found; found = CITED.exec(text)) {
      parts.push(text.slice(at, found.index));
      for (const word of found[1].split(/\D+/)) {
        const c = of.get(Number(word));
        parts.push(
          c?.ok ? (
            <button
              key={`${key} ${found.index} ${word}`}
              type="button"
              className="jp-opsnb-Cite"
              title={place(c)}
              aria-label={trans.__('Citation %1: %2', word, place(c))}
              onClick={() => cite(c)}
            >
              {word}
            </button>
          ) : (
            `[${word}]`
          )
        );
      }
      at = found.index + found[0].length;
    }
    parts.push(text.slice(at));
    return parts;
  };

  const body: React.ReactNode[] = [];
  let at = 0;
  for (const s of answer.statements) {
    body.push(answer.text.slice(at, s.start));
    const words = linked(answer.text.slice(s.start, s.end), String(s.start));
    body.push(
      s.ok ? (
        <React.Fragment key={s.start}>{words}</React.Fragment>
      ) : (
        <span key={s.start} className="jp-opsnb-Unsupported" title={s.verdict?.why}>
          {words}
        </span>
      )
    );
    at = s.end;
  }
  body.push(...linked(answer.text.slice(at), 'end'));
  const foot = [
    answer.model,
    answer.confidence === null ? '' : trans.__('confidence %1', answer.confidence.toFixed(2)),
    `${answer.latency_s.toFixed(1)} s`,
    answer.cost ? `$${answer.cost.toPrecision(2)}` : ''
  ];
  return (
    <section className="jp-opsnb-Answer" data-answered={answer.answered} aria-label={trans.__('Answer')}>
      <p dir="auto">{body}</p>
      {answer.statements.some(s => !s.ok) && (
        <p className="jp-opsnb-Warning">
          {trans.__('What is underlined is not supported by what it cites.')}
        </p>
      )}
      {answer.notices.map(n => (
        <p key={n} className="jp-opsnb-Warning">
          {n}
        </p>
      ))}
      {answer.citations.length > 0 && (
        <ol className="jp-opsnb-Citations" aria-label={trans.__('Citations')}>
          {answer.citations.map(c => (
            <li key={c.number}>
              [{c.number}]{' '}
              {c.ok ? (
                <button type="button" className="jp-opsnb-Link" onClick={() => cite(c)}>
                  <bdi>{place(c)}</bdi>
                </button>
              ) : (
                trans.__('no such passage')
              )}
              {c.instructions.length > 0 && (
                <span className="jp-opsnb-mod-bad" title={c.instructions.join(', ')}>
                  {' '}
                  ⚠ {trans.__('reads like instructions')}
                </span>
              )}
              {c.quotes.length > 0 && <q dir="auto">{c.quotes.join(' … ').slice(0, 300)}</q>}
            </li>
          ))}
        </ol>
      )}
      <p className="jp-opsnb-mod-dim">{foot.filter(Boolean).join(' · ')}</p>
    </section>
  );
}
