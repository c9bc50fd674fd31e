import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import React from 'react';
import { Place } from './hooks';
import type { IPlace } from './hooks';
import { VERSION } from './api';
import { FailureBox } from './components/failure';
import { Failure } from './request';
import type { IOpsnb } from './tokens';

/** A React component in a widget: it knows whether it can be seen, and an error in it stays in it. */
export class PlacedWidget extends ReactWidget implements IPlace {
  constructor(
    private readonly _opsnb: IOpsnb,
    private readonly _body: () => JSX.Element
  ) {
    super();
    this.widget = this;
  }

  readonly widget: PlacedWidget;

  onVisible = (listener: () => void): (() => void) => {
    const slot = () => listener();
    this._seen.connect(slot);
    return () => {
      this._seen.disconnect(slot);
    };
  };

  protected render(): JSX.Element {
    return (
      <Place.Provider value={this}>
        <Guard opsnb={this._opsnb}>{this._body()}</Guard>
      </Place.Provider>
    );
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._seen.emit();
  }

  protected onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this._seen.emit();
  }

  protected onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._seen.emit();
  }

  private readonly _seen = new Signal<this, void>(this);
}

interface IGuardState {
  error: Error | null;
}

/** Shows what went wrong in a component, and the way out. */
class Guard extends React.Component<{ opsnb: IOpsnb; children: React.ReactNode }, IGuardState> {
  state: IGuardState = { error: null };

  static getDerivedStateFromError(error: Error): IGuardState {
    return { error };
  }

  render(): React.ReactNode {
    const { error } = this.state;
    if (!error) {
      return this.props.children;
    }
    const { trans } = this.props.opsnb;
    return (
      <div className="jp-opsnb-Failure" role="alert">
        <div>{trans.__('This part of opsnb has a bug: %1', error.message)}</div>
        <button className="jp-mod-styled jp-mod-minimal" onClick={() => this.setState({ error: null })}>
          {trans.__('Draw it again')}
        </button>
      </div>
    );
  }
}

/** Drawn anew when the server comes, goes, or is found to be another. */
export function useServer({ live }: IOpsnb): void {
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  React.useEffect(() => {
    const slot = () => redraw();
    live.cardChanged.connect(slot);
    return () => {
      live.cardChanged.disconnect(slot);
    };
  }, [live]);
}

/** Why nothing, or not everything, can be shown: the server extension is missing, or of another version. */
export function ServerNotice({ opsnb }: { opsnb: IOpsnb }): JSX.Element | null {
  const { live, trans } = opsnb;
  useServer(opsnb);
  if (live.failure?.status === 404) {
    return <FailureBox trans={trans} failure={live.failure} onRetry={() => void live.refresh()} />;
  }
  if (live.card && live.card.version !== VERSION) {
    const told = {
      what: trans.__('The page and the Jupyter server have different versions of opsnb'),
      given: trans.__('%1 in the page, %2 at the server', VERSION, live.card.version),
      hint: trans.__('start Jupyter anew, then reload this page')
    };
    return <FailureBox trans={trans} failure={new Failure(told, 409)} />;
  }
  return null;
}

/** Nothing while there is no server extension that could be asked. */
export function NeedsServer(props: { opsnb: IOpsnb; children: React.ReactNode }): JSX.Element | null {
  useServer(props.opsnb);
  return props.opsnb.live.failure?.status === 404 ? null : <>{props.children}</>;
}
