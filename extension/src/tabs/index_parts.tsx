import { Dialog, showDialog } from '@jupyterlab/apputils';
import React from 'react';
import { Head } from '../components/facts';
import { FailureBox } from '../components/failure';
import { List } from '../components/list';
import type { IReading } from '../components/reader';
import { Search } from '../components/bar';
import { Said } from '../components/said';
import { Bar } from '../components/tabs';
import { brief } from '../words';
import { useAnswer, useSettled } from '../hooks';
import { usePages } from '../pages';
import type { Failure } from '../request';
import type { IBodyProps } from '../tokens';
import type { DocumentRow, IndexCard } from '../api';

/** The documents of an index, and the sources that were not read. */
export function Documents(
  props: IBodyProps & {
    index: string;
    unread: number;
    reading: IReading | null;
    onRead: (reading: IReading) => void;
  }
): JSX.Element {
  const { opsnb, index, reading, onRead } = props;
  const { trans } = opsnb;
  const [search, setSearch] = React.useState('');
  const [unread, setUnread] = React.useState(false);
  const pages = usePages<DocumentRow>(
    opsnb,
    'documents',
    { index, search: useSettled(search), unread },
    r => r.source,
    change => change.runs.some(run => run.type === 'index' && run.status !== 'running')
  );
  return (
    <>
      <Bar label={trans.__('Documents')}>
        <Search label={trans.__('Filter documents')} value={search} onChange={setSearch} />
        <label>
          <input type="checkbox" checked={unread} onChange={event => setUnread(event.target.checked)} />{' '}
          {trans.__('not read (%1)', props.unread)}
        </label>
      </Bar>
      {pages.failure && <FailureBox trans={trans} failure={pages.failure} onRetry={pages.reload} />}
      {pages.total ? (
        <List
          label={trans.__('Documents')}
          total={pages.total}
          row={pages.row}
          onShown={pages.onShown}
          rowKey={r => r.source}
          selected={r => r.source === reading?.source}
          onSelect={r => !unread && onRead({ source: r.source })}
          draw={r => (
            <>
              <Said text={r.source} className="jp-opsnb-mod-first" />
              <Said text={r.title} className="jp-opsnb-mod-dim" />
              <Said text={r.flags.join(', ')} className={unread ? 'jp-opsnb-mod-bad' : 'jp-opsnb-mod-dim'} />
              <span className="jp-opsnb-mod-end">
                {unread ? '' : `${r.kind} · ${trans._n('%1 chunk', '%1 chunks', r.chunks)}`}
              </span>
            </>
          )}
        />
      ) : (
        <p className="jp-opsnb-Empty">
          {pages.waiting
            ? trans.__('Reading…')
            : unread
              ? trans.__('All sources were read.')
              : trans.__('No document fits.')}
        </p>
      )}
    </>
  );
}

interface IDifference {
  a: number;
  b: number;
  documents: { source: string; change: string }[];
  chunks: { source: string; change: string; text: string; id: string }[];
}

/** The versions of an index: what each changed, what two have different, and the way back. */
export function Versions(props: IBodyProps & { card: IndexCard; onChanged: () => void }): JSX.Element {
  const { opsnb, card, onChanged } = props;
  const { trans } = opsnb;
  const [pair, setPair] = React.useState<[number, number] | null>(null);
  const [failure, setFailure] = React.useState<Failure | null>(null);
  const back = async (version: number) => {
    setFailure(null);
    const answer = await showDialog({
      title: trans.__('Serve version %1 of %2?', version, card.index),
      body: trans.__(
        'Searches find version %1 from then on. Version %2 is kept, and can be served again.',
        version,
        card.version
      ),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Serve version %1', version) })]
    });
    if (answer.button.accept) {
      opsnb.client
        .act('rollback_index', { name: card.index, version: String(version) })
        .then(onChanged, (error: Failure) => setFailure(error));
    }
  };
  return (
    <>
      {failure && <FailureBox trans={trans} failure={failure} />}
      <table className="jp-opsnb-Table">
        <Head
          columns={[
            trans.__('version'),
            trans.__('built'),
            trans.__('documents'),
            trans.__('chunks'),
            trans.__('changed'),
            trans.__('what to do')
          ]}
        />
        <tbody>
          {card.versions.map(v => (
            <tr key={v.version} data-served={v.served}>
              <td>
                {v.version}
                {v.served ? ` ✓ ${trans.__('served')}` : ''}
              </td>
              <td>{brief(v.built)}</td>
              <td>{v.documents.toLocaleString()}</td>
              <td>{v.chunks.toLocaleString()}</td>
              <td>{v.changed}</td>
              <td>
                <div className="jp-opsnb-Buttons">
                  {!v.served && (
                    <>
                      <button type="button" className="jp-opsnb-Button" onClick={() => void back(v.version)}>
                        {trans.__('Roll back to %1', v.version)}
                      </button>
                      <button
                        type="button"
                        className="jp-opsnb-Button"
                        onClick={() => setPair([v.version, card.version])}
                      >
                        {trans.__('Compare with %1', card.version)}
                      </button>
                    </>
                  )}
                  {v.run && (
                    <button
                      type="button"
                      className="jp-opsnb-Link"
                      onClick={() => opsnb.open('run', { run: v.run })}
                    >
                      {trans.__('run')}
                    </button>
                  )}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {pair && <Difference opsnb={opsnb} index={card.index} pair={pair} />}
    </>
  );
}

function Difference(props: IBodyProps & { index: string; pair: [number, number] }): JSX.Element {
  const { opsnb, index, pair } = props;
  const { trans } = opsnb;
  const [a, b] = pair;
  const answer = useAnswer<IDifference>(opsnb, () => opsnb.client.read('diff_index', { name: index, a, b }), [
    index,
    a,
    b
  ]);
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!answer.data) {
    return <p className="jp-opsnb-Empty">{trans.__('Comparing…')}</p>;
  }
  const { documents, chunks } = answer.data;
  const signs: Record<string, string> = { added: '+', changed: '~', removed: '−' };
  return (
    <section aria-label={trans.__('What differs')}>
      <h3>
        {trans.__('Version %1 to %2: %3 documents, %4 chunks differ', a, b, documents.length, chunks.length)}
      </h3>
      {documents.length + chunks.length > 0 && (
        <List
          label={trans.__('Differences')}
          total={documents.length + chunks.length}
          row={i =>
            i < documents.length ? { ...documents[i], text: '', id: '' } : chunks[i - documents.length]
          }
          rowKey={(r, i) => `${i} ${r.id}`}
          draw={r => (
            <>
              <span title={r.change}>
                {signs[r.change] ?? ''} {r.change}
              </span>
              <Said text={r.source} className="jp-opsnb-mod-first" />
              <Said text={r.text} className="jp-opsnb-mod-dim" />
            </>
          )}
        />
      )}
    </section>
  );
}
