import { Notification } from '@jupyterlab/apputils';
import type { Field, ParameterForm, Refusals } from '../api';
import { labPath, openDocument } from '../documents';
import { asValues, field } from '../components/form';
import type { Typed } from '../components/form';
import { SHOW } from '../plugins/panel';
import type { IOpsnb } from '../tokens';
import { ask } from './ask';
import type { IFile } from './file';

/** The fields of a file's parameters. */
export function readForm(opsnb: IOpsnb, file: IFile): Promise<ParameterForm> {
  return opsnb.client.view<ParameterForm>('parameters', { file: file.full, workspace: file.workspace });
}

/** What is wrong with the parameters, by name; a secret is not among what is sent. */
async function refused(
  opsnb: IOpsnb,
  file: IFile,
  fields: readonly Field[],
  typed: Typed
): Promise<Record<string, string>> {
  const given: Typed = {};
  for (const f of fields) {
    const text = typed[f.name] ?? '';
    if (text !== '' && text !== (f.default ?? '')) {
      given[f.name] = text;
    }
  }
  const found = await opsnb.client.view<Refusals>('refusals', {
    file: file.full,
    given: JSON.stringify(given),
    workspace: file.workspace
  });
  return found.fields;
}

const note = (opsnb: IOpsnb, form: ParameterForm) =>
  form.fields.length
    ? undefined
    : form.pipeline
      ? opsnb.trans.__('This pipeline has no parameters.')
      : opsnb.trans.__(
          'This notebook has no parameters: tag the cell that assigns them with “parameters” (property inspector, Cell Tags) and each gets a field here.'
        );

interface IStarted {
  job?: string;
  run?: string;
  name?: string;
}

/** Where the executed notebooks will be of what was started here: `{job or run: path}`. */
export const executed = new Map<string, string>();

/** The button that opens an executed notebook beside what is in front. */
export function openExecuted(opsnb: IOpsnb, out: string): Notification.IAction {
  return {
    label: opsnb.trans.__('Open Executed Notebook'),
    caption: out,
    callback: () => void openDocument(opsnb, out, { beside: true })
  };
}

/** Say that it runs, where to watch it, and open what it writes. */
function tell(opsnb: IOpsnb, file: IFile, started: IStarted, out: string): void {
  const { trans, app } = opsnb;
  const id = started.job ?? started.run ?? '';
  const actions: Notification.IAction[] = [
    {
      label: trans.__('Watch'),
      caption: trans.__('Open the job'),
      callback: () => {
        const kind = started.job ? 'job' : 'run';
        if (opsnb.tab(kind)) {
          opsnb.open(kind, { [kind]: id });
        } else {
          void app.commands.execute(SHOW);
        }
      }
    }
  ];
  if (out && labPath(opsnb, out)) {
    executed.set(id, out);
    actions.push(openExecuted(opsnb, out));
  }
  Notification.info(trans.__('%1 runs as %2', file.name, id), { autoClose: 8000, actions });
}

/** Run a notebook or a pipeline file with parameters that are asked for. */
export async function runFile(opsnb: IOpsnb, file: IFile): Promise<boolean> {
  const { trans, client } = opsnb;
  const form = await readForm(opsnb, file);
  const more = form.pipeline
    ? [
        field('concurrency', 'integer', trans.__('steps at a time')),
        field('start', 'text', trans.__('begin with this step; the last results of the others are taken')),
        field('force', 'boolean', trans.__('run all steps, changed or not'), { default: 'false' })
      ]
    : [
        field('name', 'text', trans.__('of the run; else the notebook’s')),
        field('experiment', 'text', trans.__('MLflow experiment; else the project’s')),
        field('kernel', 'text', trans.__('else the notebook’s; a dot is the Python of this server')),
        field('timeout_s', 'number', trans.__('that the whole notebook may take'), { unit: 's' })
      ];
  return ask(opsnb, {
    title: form.pipeline ? trans.__('Run %1', file.name) : trans.__('Run %1 as a Step', file.name),
    ok: trans.__('Run'),
    note: note(opsnb, form),
    groups: [{ fields: form.fields }, { title: trans.__('More'), fields: more, folded: true }],
    check: typed => refused(opsnb, file, form.fields, typed),
    act: async typed => {
      const params = asValues(form.fields, typed);
      const words = { ...asValues(more, typed), params, workspace: file.workspace };
      const started = form.pipeline
        ? await client.act<IStarted>('run_pipeline', { file: file.full, ...words })
        : await client.act<IStarted>('run_notebook', { notebook: file.full, out: form.out, ...words });
      tell(opsnb, file, started, form.out);
    }
  });
}

interface IBackend {
  'back-end': string;
  state: string;
  note: string;
}

/** Submit a notebook or a pipeline file as a job, with parameters and resources that are asked for. */
export async function submitFile(opsnb: IOpsnb, file: IFile): Promise<boolean> {
  const { trans, client } = opsnb;
  const [form, backends] = await Promise.all([
    readForm(opsnb, file),
    client.read<IBackend[]>('backends', { workspace: file.workspace }).catch(() => [] as IBackend[])
  ]);
  const ready = backends.filter(b => b.state === 'ready');
  const asked = [
    field('on', 'text', ready.map(b => `${b['back-end']}: ${b.note}`).join('; '), {
      default: 'local',
      choices: ready.map(b => b['back-end'])
    }),
    field('gpus', 'integer', trans.__('on each node'), { low: 0 }),
    field('cpus', 'integer', trans.__('on each node'), { low: 1 }),
    field('mem_gb', 'number', trans.__('on each node'), { unit: 'GB' }),
    field('timeout_min', 'number', trans.__('that one attempt may take'), { unit: 'min' }),
    field('retries', 'integer', trans.__('further attempts when it fails'), { low: 0 }),
    field('name', 'text', trans.__('of the job and its run; else the file’s'))
  ];
  return ask(opsnb, {
    title: trans.__('Submit %1 as a Job', file.name),
    ok: trans.__('Submit'),
    note: note(opsnb, form),
    groups: [
      { title: form.fields.length ? trans.__('Parameters') : undefined, fields: form.fields },
      { title: trans.__('Resources'), fields: asked }
    ],
    check: typed => refused(opsnb, file, form.fields, typed),
    act: async typed => {
      const words = { ...asValues(asked, typed), params: asValues(form.fields, typed) };
      const started = await client.act<IStarted>('submit', {
        work: file.full,
        ...words,
        workspace: file.workspace
      });
      tell(opsnb, file, started, '');
    }
  });
}
