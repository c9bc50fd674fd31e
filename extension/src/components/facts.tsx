import React from 'react';

type Fact = readonly [string, React.ReactNode];

/** Names and values; what is empty is left out. */
export function Facts(props: { rows: readonly Fact[] }): JSX.Element | null {
  const rows = props.rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  if (!rows.length) {
    return null;
  }
  return (
    <dl className="jp-opsnb-Facts">
      {rows.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt title={name}>
            <bdi>{name}</bdi>
          </dt>
          <dd>{typeof value === 'string' ? <LongText text={value} /> : value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}

/** Text that a user gave: of a long one the beginning, and the rest on demand. */
export function LongText(props: { text: string; most?: number }): JSX.Element {
  const { text, most = 300 } = props;
  const [open, setOpen] = React.useState(false);
  const long = text.length > most;
  return (
    <>
      <bdi className="jp-opsnb-UserText">{long && !open ? text.slice(0, most) : text}</bdi>
      {long && (
        <button type="button" className="jp-opsnb-More" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? '−' : `… +${(text.length - most).toLocaleString('en')}`}
        </button>
      )}
    </>
  );
}

/** A part of a tab under a heading; closed ones draw nothing inside. */
export function Part(props: {
  title: string;
  note?: string;
  closed?: boolean;
  children: React.ReactNode;
}): JSX.Element {
  const [open, setOpen] = React.useState(!props.closed);
  return (
    <section className="jp-opsnb-Part">
      <h3>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className="jp-opsnb-Twisty" aria-hidden="true">
            {open ? '▾' : '▸'}
          </span>
          {props.title}
          {props.note && <span className="jp-opsnb-Note">{props.note}</span>}
        </button>
      </h3>
      {open && <div className="jp-opsnb-PartBody">{props.children}</div>}
    </section>
  );
}

/** The names of a table's columns. */
export function Head(props: { columns: readonly React.ReactNode[] }): JSX.Element {
  return (
    <thead>
      <tr>
        {props.columns.map((column, i) => (
          <th key={i} scope="col">
            {column}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** Rows and columns, in a box that scrolls. */
export function Table(props: {
  label: string;
  columns: readonly React.ReactNode[];
  rows: readonly (readonly React.ReactNode[])[];
  keys?: readonly string[];
}): JSX.Element {
  return (
    <div className="jp-opsnb-TableBox" tabIndex={0} role="group" aria-label={props.label}>
      <table className="jp-opsnb-Table">
        <Head columns={props.columns.map(column => (column === '' ? '–' : column))} />
        <tbody>
          {props.rows.map((row, i) => (
            <tr key={props.keys?.[i] ?? i}>
              {row.map((cell, j) => (
                <td key={j}>{typeof cell === 'string' ? <bdi>{cell}</bdi> : cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
