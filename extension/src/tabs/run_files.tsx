import React from 'react';
import type { FileLook, FileRow, FilesPage } from '../api';
import { FailureBox } from '../components/failure';
import { Table } from '../components/facts';
import { List } from '../components/list';
import { useView } from '../hooks';
import type { IOpsnb } from '../tokens';
import { size } from '../words';

const ROW = 24;

/** The files of a run, and a look into the one that is chosen. */
export function FilesPart(props: { opsnb: IOpsnb; id: string; count: number }): JSX.Element | null {
  const { opsnb, id, count } = props;
  const { trans } = opsnb;
  const answer = useView<FilesPage>(opsnb, 'files', { run: id }, c => c.runs.some(r => r.run === id));
  const [chosen, setChosen] = React.useState<string | null>(null);
  const page = answer.data;
  React.useEffect(() => {
    if (page && page.rows.length !== count) {
      answer.reload();
    }
  }, [count]);
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!page) {
    return null;
  }
  return (
    <div className="jp-opsnb-Files">
      <div className="jp-opsnb-FileList" style={{ height: Math.min(page.rows.length, 14) * ROW + 2 }}>
        <List<FileRow>
          label={trans.__('Files')}
          total={page.rows.length}
          row={i => page.rows[i]}
          rowKey={row => row.path}
          selected={row => row.path === chosen}
          onSelect={row => setChosen(row.path)}
          draw={row => (
            <>
              <bdi className="jp-opsnb-Name" title={row.path}>
                {row.path}
              </bdi>
              <span className="jp-opsnb-Took">{size(row.bytes)}</span>
            </>
          )}
        />
      </div>
      <div className="jp-opsnb-Look">
        {chosen === null ? (
          <p className="jp-opsnb-Note">{trans.__('Choose a file to look into it.')}</p>
        ) : (
          <Look key={chosen} opsnb={opsnb} id={id} path={chosen} />
        )}
      </div>
    </div>
  );
}

function Look(props: { opsnb: IOpsnb; id: string; path: string }): JSX.Element | null {
  const { opsnb, id, path } = props;
  const { trans } = opsnb;
  const answer = useView<FileLook>(opsnb, 'file', { run: id, path });
  const [page, setPage] = React.useState(false);
  const look = answer.data;
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!look) {
    return null;
  }
  const download = (
    <p className="jp-opsnb-Note">
      {size(look.bytes)}{' '}
      <a className="jp-opsnb-Link" href={fileUrl(opsnb, id, path)} download={path.split('/').pop()}>
        {trans.__('Download')}
      </a>
    </p>
  );
  const cut = look.cut && (
    <p className="jp-opsnb-Note">
      {look.kind === 'image'
        ? trans.__('Too large to show here: %1', look.local)
        : trans.__('Only the beginning is shown. The whole: %1', look.local)}
    </p>
  );
  if (look.kind === 'image') {
    return (
      <>
        {download}
        {look.data && <img className="jp-opsnb-Picture" src={look.data} alt={look.path} />}
        {cut}
      </>
    );
  }
  if (look.kind === 'table') {
    return (
      <>
        {download}
        {cut}
        <Table label={look.path} columns={look.columns} rows={look.rows} />
      </>
    );
  }
  if (look.kind === 'other') {
    return (
      <>
        {download}
        <p className="jp-opsnb-Note">{trans.__('This is no text: %1', look.local)}</p>
      </>
    );
  }
  return (
    <>
      {download}
      {cut}
      {look.kind === 'html' && (
        <p className="jp-opsnb-Note">
          <button type="button" className="jp-opsnb-Word" aria-pressed={page} onClick={() => setPage(!page)}>
            {page ? trans.__('Show its source') : trans.__('Show it as a page')}
          </button>
          {trans.__('Scripts in it do not run here.')}
        </p>
      )}
      {page ? (
        <iframe className="jp-opsnb-Frame" title={look.path} sandbox="" srcDoc={locked(look.text)} />
      ) : (
        <pre className="jp-opsnb-FileText" tabIndex={0}>
          {look.text}
        </pre>
      )}
    </>
  );
}

function fileUrl(opsnb: IOpsnb, id: string, path: string): string {
  const { client } = opsnb;
  const query = new URLSearchParams({ workspace: client.workspace, download: '1' });
  return `${client.url('files', id, ...path.split('/').map(encodeURIComponent))}?${query.toString()}`;
}

/** A page that loads nothing from elsewhere; its frame is sandboxed besides. */
function locked(html: string): string {
  const rule = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:";
  return `<meta http-equiv="Content-Security-Policy" content="${rule}">${html}`;
}
