import React from 'react';
import { FailureBox } from '../components/failure';
import { Reader } from '../components/reader';
import type { IReading } from '../components/reader';
import { Tabs } from '../components/tabs';
import { useView } from '../hooks';
import type { IBodyProps } from '../tokens';
import type { IndexCard } from '../api';
import { Documents, Versions } from './index_parts';
import { SearchPane } from './search';

type Part = 'search' | 'documents' | 'versions';

/** An index: ask it, read its documents with their chunks, go back to an earlier version. `args`: index, question. */
export function RetrievalTab({ opsnb, args }: IBodyProps & { args: Record<string, unknown> }): JSX.Element {
  const { trans } = opsnb;
  const index = String(args.index ?? '');
  const [part, setPart] = React.useState<Part>('search');
  const [reading, setReading] = React.useState<IReading | null>(null);
  const answer = useView<IndexCard>(opsnb, 'index', { name: index }, change =>
    change.runs.some(run => run.type === 'index')
  );
  const card = answer.data;
  if (!card) {
    return answer.failure ? (
      <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />
    ) : (
      <p className="jp-opsnb-Empty">{trans.__('Opening %1…', index)}</p>
    );
  }
  const served = card.versions.find(v => v.served);
  const warnings = [
    card.stale
      ? trans._n('%1 document has changed since', '%1 documents have changed since', card.stale)
      : '',
    card.unread ? trans._n('%1 source was not read', '%1 sources were not read', card.unread) : ''
  ].filter(Boolean);
  return (
    <div className="jp-opsnb-Retrieval">
      <div className="jp-opsnb-Head">
        <h2>
          <bdi>{card.index}</bdi>
        </h2>
        <span className="jp-opsnb-mod-dim">
          {trans.__(
            'version %1 · %2 documents · %3 chunks',
            card.version,
            served?.documents ?? 0,
            served?.chunks ?? 0
          )}
          {` · ${card.embedding}${card.strategy ? ` · ${card.strategy}` : ''}`}
        </span>
      </div>
      {warnings.length > 0 && <p className="jp-opsnb-Warning">{warnings.join(' · ')}</p>}
      <Tabs<Part>
        label={trans.__('Views of %1', card.index)}
        chosen={part}
        onChoose={setPart}
        tabs={[
          ['search', trans.__('Search and ask')],
          ['documents', trans.__('Documents')],
          ['versions', trans.__('Versions')]
        ]}
      />
      <div className="jp-opsnb-Retrieval-body" data-reading={reading !== null}>
        <div className="jp-opsnb-Retrieval-main">
          <div hidden={part !== 'search'}>
            <SearchPane
              opsnb={opsnb}
              index={index}
              version={card.version}
              first={String(args.question ?? '')}
              onRead={setReading}
              reading={reading}
            />
          </div>
          {part === 'documents' && (
            <Documents
              opsnb={opsnb}
              index={index}
              unread={card.unread}
              onRead={setReading}
              reading={reading}
            />
          )}
          {part === 'versions' && <Versions opsnb={opsnb} card={card} onChanged={answer.reload} />}
        </div>
        {reading && <Reader opsnb={opsnb} index={index} reading={reading} onRead={setReading} />}
      </div>
    </div>
  );
}
