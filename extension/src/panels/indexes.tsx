import { launchIcon, refreshIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { FailureBox } from '../components/failure';
import { List } from '../components/list';
import { Marked } from '../components/marked';
import { Search, IconButton } from '../components/bar';
import { Said } from '../components/said';
import { Bar } from '../components/tabs';
import { brief, size } from '../words';
import { useAnswer, useSettled, useView } from '../hooks';
import type { Failure } from '../request';
import { buildIndex } from '../starts';
import type { IBodyProps } from '../tokens';
import type { IndexCard, IndexesPage, IndexRow, Passages } from '../api';

/** The indexes; the chosen one's health, and a question to try. */
export function IndexesSection({ opsnb }: IBodyProps): JSX.Element {
  const { trans } = opsnb;
  const [search, setSearch] = React.useState('');
  const [chosen, setChosen] = React.useState('');
  const answer = useView<IndexesPage>(opsnb, 'indexes', { search: useSettled(search) }, change =>
    change.runs.some(run => run.type === 'index')
  );
  if (answer.failure && !answer.data) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!answer.data) {
    return <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>;
  }
  const { rows } = answer.data;
  const row = rows.find(r => r.index === chosen) ?? (rows.length === 1 ? rows[0] : undefined);
  const open = (r: IndexRow) => opsnb.open('retrieval', { index: r.index });
  return (
    <>
      <Bar label={trans.__('Indexes')}>
        <Search label={trans.__('Filter indexes')} value={search} onChange={setSearch} />
        <IconButton
          icon={launchIcon}
          label={row ? trans.__('Open %1', row.index) : trans.__('Open the chosen index')}
          disabled={!row || !!row.error}
          onClick={() => row && open(row)}
        />
        <IconButton icon={refreshIcon} label={trans.__('Look again')} onClick={answer.reload} />
      </Bar>
      {rows.length ? (
        <List
          label={trans.__('Indexes')}
          total={rows.length}
          row={i => rows[i]}
          rowKey={r => r.index}
          selected={r => r === row}
          onSelect={r => setChosen(r.index)}
          onOpen={r => !r.error && open(r)}
          draw={r => (
            <>
              <Said text={r.index} className="jp-opsnb-mod-first" />
              {r.error ? (
                <Said text={r.error} className="jp-opsnb-mod-bad" />
              ) : (
                <>
                  <span className="jp-opsnb-mod-dim">
                    {r.building ? trans.__('● building') : trans.__('version %1', r.version)}
                  </span>
                  <span className="jp-opsnb-mod-end">
                    {trans._n('%1 document', '%1 documents', r.documents)}
                  </span>
                </>
              )}
            </>
          )}
        />
      ) : (
        <p className="jp-opsnb-Empty">
          {search
            ? trans.__('No index fits.')
            : trans.__('Indexes of documents stand here: opsnb rag build FOLDER --name docs makes one.')}
        </p>
      )}
      {row && !row.error && <Chosen key={row.index} opsnb={opsnb} row={row} />}
    </>
  );
}

function Chosen({ opsnb, row }: IBodyProps & { row: IndexRow }): JSX.Element {
  const { trans } = opsnb;
  const [typed, setTyped] = React.useState('');
  const [asked, setAsked] = React.useState('');
  const [failure, setFailure] = React.useState<Failure | null>(null);
  const [started, setStarted] = React.useState(false);
  const card = useView<IndexCard>(opsnb, 'index', { name: row.index }, change =>
    change.runs.some(run => run.type === 'index')
  );
  React.useEffect(() => setStarted(false), [row.version]);
  const c = card.data;
  const build = () => {
    setFailure(null);
    setStarted(true);
    buildIndex(opsnb, row.index, c?.sources ?? []).catch((error: Failure) => {
      setStarted(false);
      setFailure(error);
    });
  };
  return (
    <div className="jp-opsnb-Chosen">
      {card.failure && <FailureBox trans={trans} failure={card.failure} onRetry={card.reload} />}
      {c && (
        <>
          <p className="jp-opsnb-mod-dim">
            {trans.__(
              '%1 chunks · built %2 · %3',
              row.chunks.toLocaleString(),
              brief(row.built),
              size(row.bytes)
            )}
          </p>
          {(c.stale > 0 || c.unread > 0) && (
            <p className="jp-opsnb-Warning">
              {[
                c.stale
                  ? trans._n('%1 document has changed since', '%1 documents have changed since', c.stale)
                  : '',
                c.unread ? trans._n('%1 source was not read', '%1 sources were not read', c.unread) : ''
              ]
                .filter(Boolean)
                .join(' · ')}
            </p>
          )}
        </>
      )}
      {failure && <FailureBox trans={trans} failure={failure} />}
      <form
        className="jp-opsnb-Ask"
        onSubmit={event => {
          event.preventDefault();
          setAsked(typed.trim());
        }}
      >
        <input
          type="text"
          value={typed}
          placeholder={trans.__('Try a question')}
          aria-label={trans.__('Try a question on %1', row.index)}
          onChange={event => setTyped(event.target.value)}
        />
        <button type="submit" className="jp-opsnb-Button" disabled={!typed.trim()}>
          {trans.__('Search')}
        </button>
        <button
          type="button"
          className="jp-opsnb-Button"
          disabled={!c?.sources.length || started || row.building}
          title={
            c?.sources.length ? trans.__('Bring it up to date with %1', c.sources.join(', ')) : undefined
          }
          onClick={build}
        >
          {started || row.building ? trans.__('Updating…') : trans.__('Update')}
        </button>
      </form>
      {asked && <Best opsnb={opsnb} index={row.index} question={asked} />}
    </div>
  );
}

/** The best five passages, as far as a narrow panel shows them. */
function Best(props: IBodyProps & { index: string; question: string }): JSX.Element {
  const { opsnb, index, question } = props;
  const { trans } = opsnb;
  const answer = useAnswer<Passages>(opsnb, () => opsnb.client.view('passages', { index, question, k: 5 }), [
    index,
    question
  ]);
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!answer.data || answer.data.question !== question) {
    return <p className="jp-opsnb-Empty">{trans.__('Searching…')}</p>;
  }
  const { hits } = answer.data;
  return (
    <ol className="jp-opsnb-Top" aria-label={trans.__('Passages')}>
      {hits.map(hit => (
        <li key={hit.chunk}>
          <button
            type="button"
            className="jp-opsnb-Link"
            onClick={() => opsnb.open('retrieval', { index, question })}
          >
            <bdi>{hit.source}</bdi>
          </button>{' '}
          <span className="jp-opsnb-mod-dim">
            {hit.score.toFixed(2)}
            {hit.page ? ` · ${trans.__('page %1', hit.page)}` : ''}
          </span>
          <p>
            <Marked text={hit.text.slice(0, 240)} places={hit.marks} />
            {hit.text.length > 240 ? '…' : ''}
          </p>
        </li>
      ))}
      {!hits.length && <li>{trans.__('nothing found')}</li>}
    </ol>
  );
}
