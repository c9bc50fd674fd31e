import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Panel } from '@lumino/widgets';
import React from 'react';
import { FailureBox } from '../components/failure';
import { Fields } from '../components/form';
import type { Typed } from '../components/form';
import type { Field } from '../api';
import { Failure } from '../request';
import type { IOpsnb } from '../tokens';

/** Fields that stand together; folded ones are a click away. */
export interface IGroup {
  title?: string;
  fields: readonly Field[];
  folded?: boolean;
}

export interface IAsk {
  title: string;
  ok: string;
  note?: string;
  groups: readonly IGroup[];
  typed?: Typed;
  /** What is shown below the fields, made of what was typed. */
  below?: (typed: Typed) => JSX.Element | null;
  /** What is wrong, by field; asked before `act`. */
  check?: (typed: Typed) => Promise<Record<string, string>>;
  /** Do it; an error keeps the dialog open and is shown there. */
  act: (typed: Typed) => Promise<void>;
}

class Body extends ReactWidget {
  constructor(
    private readonly _opsnb: IOpsnb,
    private readonly _asked: IAsk
  ) {
    super();
    this.typed = { ..._asked.typed };
    this.addClass('jp-opsnb-Form');
  }

  typed: Typed;

  /** Whether it was done. */
  async done(): Promise<boolean> {
    if (this._busy) {
      return false;
    }
    this._wrong = this._missing();
    this._failure = null;
    this._set(true);
    try {
      if (Object.keys(this._wrong).length === 0 && this._asked.check) {
        this._wrong = await this._asked.check(this.typed);
      }
      if (Object.keys(this._wrong).length === 0) {
        await this._asked.act(this.typed);
        return true;
      }
    } catch (error) {
      this._failure = error instanceof Failure ? error : new Failure({ what: String(error) }, 0);
    } finally {
      this._set(false);
    }
    this._showWrong();
    return false;
  }

  protected render(): JSX.Element {
    const { note, groups, below } = this._asked;
    const { trans } = this._opsnb;
    const drawn = (group: IGroup) => (
      <Fields
        trans={trans}
        fields={group.fields}
        typed={this.typed}
        wrong={this._wrong}
        onChange={this._change}
      />
    );
    return (
      <div aria-busy={this._busy}>
        {note && <p className="jp-opsnb-Form-note">{note}</p>}
        {groups.map((group, i) =>
          group.fields.length === 0 ? null : group.folded ? (
            <details key={i} open={group.fields.some(f => f.name in this._wrong) || undefined}>
              <summary>{group.title}</summary>
              {drawn(group)}
            </details>
          ) : (
            <fieldset key={i}>
              {group.title && <legend>{group.title}</legend>}
              {drawn(group)}
            </fieldset>
          )
        )}
        {below?.(this.typed)}
        {this._failure && <FailureBox trans={trans} failure={this._failure} />}
      </div>
    );
  }

  private readonly _change = (name: string, text: string) => {
    this.typed = { ...this.typed, [name]: text };
    delete this._wrong[name];
    this.update();
  };

  private _missing(): Record<string, string> {
    const { trans } = this._opsnb;
    const wrong: Record<string, string> = {};
    for (const f of this._asked.groups.flatMap(group => [...group.fields])) {
      const text = this.typed[f.name] ?? f.default ?? '';
      if (f.required && text === '') {
        wrong[f.name] = trans.__('needs a value');
      } else if (f.kind === 'secret' && text !== '' && !/^(env|file):./.test(text)) {
        wrong[f.name] = trans.__(
          'say where it comes from: env:NAME or file:PATH; a secret is not typed here'
        );
      }
    }
    return wrong;
  }

  private _set(busy: boolean): void {
    this._busy = busy;
    this.update();
  }

  /** Go to the first field that is wrong, when it has been drawn. */
  private _showWrong(): void {
    requestAnimationFrame(() =>
      setTimeout(() => {
        const first =
          this.node.querySelector<HTMLElement>('[aria-invalid="true"]') ??
          this.node.querySelector<HTMLElement>('.jp-opsnb-Failure');
        first?.scrollIntoView({ block: 'nearest' });
        first?.focus();
      })
    );
  }

  private _busy = false;
  private _wrong: Record<string, string> = {};
  private _failure: Failure | null = null;
}

/** A dialog that closes only when what was asked is done. */
class Asking extends Dialog<void> {
  constructor(
    private readonly _form: Body,
    options: Partial<Dialog.IOptions<void>>
  ) {
    super(options);
    this.addClass('jp-opsnb-Asking');
  }

  resolve(index?: number): void {
    if (index === 0) {
      super.resolve(index);
      return;
    }
    this.addClass('jp-opsnb-mod-busy');
    void this._form.done().then(done => {
      if (this.isDisposed) {
        return;
      }
      this.removeClass('jp-opsnb-mod-busy');
      if (done) {
        super.resolve(1);
      }
    });
  }

  protected onAfterAttach(msg: import('@lumino/messaging').Message): void {
    super.onAfterAttach(msg);
    const first = () => this._form.node.querySelector<HTMLElement>('input, select, textarea')?.focus();
    void this._form.renderPromise?.then(() => requestAnimationFrame(first));
  }
}

/** Ask for values and do something with them; whether it was done. */
export async function ask(opsnb: IOpsnb, asked: IAsk): Promise<boolean> {
  const { trans } = opsnb;
  const form = new Body(opsnb, asked);
  const body = new Panel(); // a plain widget: the lab styles and wraps the controls of others, which React would not survive
  body.addWidget(form);
  const dialog = new Asking(form, {
    title: asked.title,
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: asked.ok, ariaLabel: asked.ok })
    ],
    defaultButton: 1
  });
  const result = await dialog.launch();
  return result.button.accept;
}
