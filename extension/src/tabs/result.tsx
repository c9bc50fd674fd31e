import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import React from 'react';
import { Head } from '../components/facts';
import { FailureBox } from '../components/failure';
import { State } from '../components/state';
import { useAnswer } from '../hooks';
import type { IBodyProps, IOpsnb } from '../tokens';
import { duration, moment, number } from '../words';

const PAGE = 200; // rows

const MOMENTS = /^(at|started|ended|submitted|made|next|last|when)$/; // seconds since 1970

const STATUS = new Set(['status', 'state']);

/** One value: a state with its sign, the id of a run or job as the way to it, all else as text. */
function Value({ opsnb, name, value }: { opsnb: IOpsnb; name: string; value: unknown }): JSX.Element {
  if (typeof value === 'string') {
    const kind = /^(run|job)_[0-9a-z]+$/.exec(value)?.[1];
    if (kind && opsnb.tab(kind)) {
      return (
        <button className="jp-opsnb-Link" onClick={() => opsnb.open(kind, { [kind]: value })}>
          {value}
        </button>
      );
    }
    return STATUS.has(name) ? (
      <State trans={opsnb.trans} status={value.replace(/^\W\s*/, '')} />
    ) : (
      <bdi>{value}</bdi>
    );
  }
  if (value === null || value === undefined) {
    return <></>;
  }
  if (typeof value === 'number' && value > 1e9 && MOMENTS.test(name)) {
    return <>{moment(value)}</>;
  }
  if (typeof value === 'number') {
    return <>{name === 'duration_s' ? duration(opsnb.trans, value) : number(value)}</>;
  }
  return typeof value === 'object' ? (
    <code>{JSON.stringify(value).replace(/^[{[]|[}\]]$/g, '')}</code>
  ) : (
    <>{String(value)}</>
  );
}

type Row = Record<string, unknown>;

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function Table({ opsnb, rows }: { opsnb: IOpsnb; rows: readonly Row[] }): JSX.Element {
  const { trans } = opsnb;
  const [most, setMost] = React.useState(PAGE);
  const names = [...new Set(rows.slice(0, 1000).flatMap(row => Object.keys(row)))];
  return (
    <div className="jp-opsnb-Result-table" tabIndex={0} role="region" aria-label={trans.__('Rows')}>
      <table>
        <Head columns={names} />
        <tbody>
          {rows.slice(0, most).map((row, i) => (
            <tr key={i}>
              {names.map(name => (
                <td key={name} title={typeof row[name] === 'string' ? (row[name] as string) : undefined}>
                  <Value opsnb={opsnb} name={name} value={row[name]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > most && (
        <button className="jp-mod-styled jp-mod-minimal" onClick={() => setMost(most + PAGE)}>
          {trans.__('%1 of %2 rows; show %3 more', most, rows.length, Math.min(PAGE, rows.length - most))}
        </button>
      )}
    </div>
  );
}

/** Any answer: rows as a table, an object as its fields, text as text. */
export function Answer({ opsnb, value }: { opsnb: IOpsnb; value: unknown }): JSX.Element {
  const { trans } = opsnb;
  if (Array.isArray(value) && value.length && value.every(isRow)) {
    return <Table opsnb={opsnb} rows={value} />;
  }
  if (value === null || value === undefined || (Array.isArray(value) && !value.length)) {
    return <p className="jp-opsnb-Empty">{trans.__('Nothing to show.')}</p>;
  }
  if (!isRow(value)) {
    return <pre>{typeof value === 'string' ? value : JSON.stringify(value, null, 1)}</pre>;
  }
  const long = Object.entries(value).filter(([, v]) => typeof v === 'object' && v !== null);
  const short = Object.entries(value).filter(([, v]) => !(typeof v === 'object' && v !== null));
  return (
    <>
      <dl className="jp-opsnb-Result-fields">
        {short.map(([name, v]) => (
          <React.Fragment key={name}>
            <dt>{name}</dt>
            <dd>
              <Value opsnb={opsnb} name={name} value={v} />
            </dd>
          </React.Fragment>
        ))}
      </dl>
      {long
        .filter(([, v]) => Object.keys(v as object).length > 0)
        .map(([name, v]) => (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            <Answer opsnb={opsnb} value={v} />
          </section>
        ))}
    </>
  );
}

function said(trans: TranslationBundle, args: ReadonlyPartialJSONObject): string {
  const words = Object.entries((args.args ?? {}) as Row)
    .filter(([name, value]) => name !== 'workspace' && value !== '')
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return words.length ? words.join('  ') : trans.__('no arguments');
}

/** What a verb has answered; one that only looks is asked again, one that did something is not. */
export function ResultTab({ opsnb, args }: IBodyProps & { args: ReadonlyPartialJSONObject }): JSX.Element {
  const { trans, client } = opsnb;
  const verb = String(args.verb);
  const kept = 'value' in args;
  const answer = useAnswer<unknown>(
    opsnb,
    () =>
      kept
        ? Promise.resolve(args.value)
        : client.read<unknown>(verb, (args.args ?? {}) as Record<string, string>),
    [verb]
  );
  const copy = () => void navigator.clipboard?.writeText(JSON.stringify(answer.data, null, 1));
  return (
    <div className="jp-opsnb-Result">
      <div className="jp-opsnb-Result-head">
        <h2>{verb.replace(/_/g, ' ')}</h2>
        <code>{said(trans, args)}</code>
        {kept ? (
          <span>{new Date(String(args.at)).toLocaleString()}</span>
        ) : (
          <button className="jp-mod-styled jp-mod-minimal" onClick={answer.reload}>
            {trans.__('Ask Again')}
          </button>
        )}
        <button className="jp-mod-styled jp-mod-minimal" onClick={copy}>
          {trans.__('Copy as JSON')}
        </button>
      </div>
      {answer.failure ? (
        <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />
      ) : answer.waiting ? (
        <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>
      ) : (
        <Answer opsnb={opsnb} value={answer.data} />
      )}
    </div>
  );
}
