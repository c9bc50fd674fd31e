import React from 'react';
import { Head } from '../components/facts';
import { FailureBox } from '../components/failure';
import { Marked } from '../components/marked';
import type { IReading } from '../components/reader';
import { useAnswer } from '../hooks';
import type { Failure } from '../request';
import type { IBodyProps } from '../tokens';
import type { Passage, Passages } from '../api';
import { AnswerBox } from './answer';
import type { IAnswered } from './answer';

interface IAsked {
  question: string;
  k: number;
  mode: string;
  where: string;
  chunk: string;
}

/** A question: its passages with the parts of their scores, its answer, and why a chunk is not among them. */
export function SearchPane(
  props: IBodyProps & {
    index: string;
    version: number;
    first: string;
    reading: IReading | null;
    onRead: (reading: IReading) => void;
  }
): JSX.Element {
  const { opsnb, index, version, first, reading, onRead } = props;
  const { trans } = opsnb;
  const [form, setForm] = React.useState<IAsked>({
    question: first,
    k: 5,
    mode: 'fused',
    where: '',
    chunk: ''
  });
  const [asked, setAsked] = React.useState<IAsked | null>(first ? form : null);
  const [answer, setAnswer] = React.useState<IAnswered | null>(null);
  const [failure, setFailure] = React.useState<Failure | null>(null);
  const [answering, setAnswering] = React.useState(false);
  const found = useAnswer<Passages | null>(
    opsnb,
    async () => (asked ? opsnb.client.view<Passages>('passages', { index, ...asked }) : null),
    [index, version, JSON.stringify(asked)]
  );
  const set = (more: Partial<IAsked>) => setForm(old => ({ ...old, ...more }));
  const ready = form.question.trim() !== '';
  const search = (more: Partial<IAsked> = {}) => {
    const next = { ...form, chunk: '', ...more };
    setForm(next);
    setAsked({ ...next });
  };
  const ask = () => {
    setFailure(null);
    setAnswer(null);
    setAnswering(true);
    search();
    opsnb.client
      .act<IAnswered>('ask', {
        name: index,
        question: [form.question],
        k: form.k,
        ...(form.where ? { where: form.where } : {})
      })
      .then(setAnswer, (error: Failure) => setFailure(error))
      .finally(() => setAnswering(false));
  };
  const data = found.data;
  return (
    <>
      <form
        className="jp-opsnb-Question"
        onSubmit={event => {
          event.preventDefault();
          if (ready) {
            setAnswer(null);
            search();
          }
        }}
      >
        <input
          type="text"
          className="jp-opsnb-mod-wide"
          value={form.question}
          placeholder={trans.__('What do you look for?')}
          aria-label={trans.__('Question')}
          onChange={event => set({ question: event.target.value })}
        />
        <button type="submit" className="jp-opsnb-Button" disabled={!ready}>
          {trans.__('Search')}
        </button>
        <button
          type="button"
          className="jp-opsnb-Button jp-opsnb-mod-main"
          disabled={!ready || answering}
          onClick={ask}
        >
          {answering ? trans.__('Asking…') : trans.__('Ask')}
        </button>
        <label>
          <span>{trans.__('by')} </span>
          <select
            aria-label={trans.__('Way of searching')}
            value={form.mode}
            onChange={event => set({ mode: event.target.value })}
          >
            <option value="fused">{trans.__('meaning and words')}</option>
            <option value="dense">{trans.__('meaning')}</option>
            <option value="text">{trans.__('words')}</option>
          </select>
        </label>
        <label>
          <span>{trans.__('passages')} </span>
          <input
            type="number"
            min={1}
            max={100}
            value={form.k}
            onChange={event => set({ k: Math.min(100, Math.max(1, Number(event.target.value) || 1)) })}
          />
        </label>
        <label className="jp-opsnb-mod-wide">
          <span>{trans.__('where')} </span>
          <input
            type="text"
            value={form.where}
            placeholder="language == 'en' and page < 10"
            onChange={event => set({ where: event.target.value })}
          />
        </label>
      </form>
      {failure && <FailureBox trans={trans} failure={failure} />}
      {answer && <AnswerBox opsnb={opsnb} answer={answer} onRead={onRead} />}
      {found.failure && <FailureBox trans={trans} failure={found.failure} />}
      {!asked && (
        <p className="jp-opsnb-Empty">
          {trans.__(
            'Search shows the passages with the parts of their scores; Ask answers from them, with citations.'
          )}
        </p>
      )}
      {asked && data && !found.failure && (
        <>
          <p className="jp-opsnb-mod-dim" role="status">
            {trans.__(
              '%1 of %2 candidates, %3 s',
              data.hits.length,
              data.candidates,
              data.seconds.toFixed(2)
            )}
            {data.note ? ` · ${data.note}` : ''}
          </p>
          <ol className="jp-opsnb-Hits" aria-label={trans.__('Passages')}>
            {data.hits.map(hit => (
              <Hit
                key={hit.chunk}
                opsnb={opsnb}
                hit={hit}
                chosen={reading?.chunk === hit.chunk}
                onRead={onRead}
              />
            ))}
            {!data.hits.length && <li>{trans.__('nothing found')}</li>}
          </ol>
          <form
            className="jp-opsnb-Question"
            onSubmit={event => {
              event.preventDefault();
              search({ chunk: form.chunk.trim() });
            }}
          >
            <label className="jp-opsnb-mod-wide">
              <span>{trans.__('Why is this not found?')} </span>
              <input
                type="text"
                value={form.chunk}
                placeholder={trans.__('a source, or the id of a chunk')}
                onChange={event => set({ chunk: event.target.value })}
              />
            </label>
            <button type="submit" className="jp-opsnb-Button" disabled={!form.chunk.trim()}>
              {trans.__('Explain')}
            </button>
          </form>
          {data.missed && (
            <section className="jp-opsnb-Missed" aria-label={trans.__('Why it is not found')}>
              <p>
                <strong>{data.missed.stage}</strong>: {data.missed.why}
              </p>
              <Table rows={data.missed.rows} />
            </section>
          )}
        </>
      )}
    </>
  );
}

function Hit(
  props: IBodyProps & { hit: Passage; chosen: boolean; onRead: (reading: IReading) => void }
): JSX.Element {
  const { opsnb, hit, chosen, onRead } = props;
  const { trans } = opsnb;
  const parts = Object.entries(hit.parts);
  const most = Math.max(1e-9, ...parts.map(([, v]) => Math.abs(v)));
  return (
    <li className="jp-opsnb-Hit" data-chosen={chosen}>
      <h3>
        <span className="jp-opsnb-mod-dim">{hit.rank}</span>{' '}
        <button
          type="button"
          className="jp-opsnb-Link"
          onClick={() =>
            onRead({
              source: hit.source,
              chunk: hit.chunk,
              page: hit.page,
              places: hit.marks.map(([a, b]) => [a + hit.start, b + hit.start])
            })
          }
        >
          <bdi>{hit.source}</bdi>
        </button>{' '}
        <span className="jp-opsnb-mod-dim">
          {[hit.section, hit.page ? trans.__('page %1', hit.page) : ''].filter(Boolean).join(' · ')}
        </span>
        <span className="jp-opsnb-mod-end">{hit.score.toFixed(3)}</span>
      </h3>
      <p dir="auto">
        <Marked text={hit.text.slice(0, 1200)} places={hit.marks} />
        {hit.text.length > 1200 ? '…' : ''}
      </p>
      <ul className="jp-opsnb-Parts" aria-label={trans.__('Parts of the score')}>
        {parts.map(([name, value]) => (
          <li key={name}>
            <span>{name}</span>
            <span className="jp-opsnb-Gauge" aria-hidden="true">
              <span style={{ width: `${Math.max(0, (100 * value) / most)}%` }} />
            </span>
            <span>{value.toFixed(3)}</span>
          </li>
        ))}
      </ul>
      {hit.matches.length > 0 && (
        <p className="jp-opsnb-mod-dim">
          {hit.matches
            .slice(0, 8)
            .map(m => `${m.word} → ${m.found} ${m.similarity.toFixed(2)}`)
            .join(' · ')}
        </p>
      )}
    </li>
  );
}

function Table(props: { rows: readonly Record<string, string | number>[] }): JSX.Element | null {
  const { rows } = props;
  if (!rows.length) {
    return null;
  }
  const names = Object.keys(rows[0]);
  return (
    <table className="jp-opsnb-Table">
      <Head columns={names} />
      <tbody>
        {rows.map((row, i) => (
          <tr key={i}>
            {names.map(n => (
              <td key={n}>{String(row[n] ?? '')}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
