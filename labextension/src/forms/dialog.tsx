import * as React from 'react';
import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import { faultOf } from '../snapshot';
import type { Fault } from '../wire';

/** What a form tells its fields: what the server found wrong, and whether it is being asked. */
export interface FormState {
  readonly busy: boolean;
  readonly fault: Fault | null;
}

/** A form in a dialog; it stays open, with what is wrong beside the fields, until the server takes it. */
export abstract class Form<T> extends ReactWidget {
  constructor() {
    super();
    this.addClass('nb2ops-Form');
  }

  /** Send it; null where something is wrong, which the form shows. */
  async submit(): Promise<T | null> {
    if (this.state.busy) {
      return null;
    }
    this.setState({ busy: true, fault: null });
    try {
      const answer = await this.send();
      this.setState({ busy: false, fault: null });
      return answer;
    } catch (error) {
      this.setState({ busy: false, fault: faultOf(error) });
      return null;
    }
  }

  protected get state(): FormState {
    return this.current;
  }

  /** Ask the server; null where the fields themselves say what is wrong. */
  protected abstract send(): Promise<T | null>;

  protected setState(state: FormState): void {
    this.current = state;
    this.update();
  }

  private current: FormState = { busy: false, fault: null };
}

/** Show a form; return what the server answered, null where somebody changed their mind. */
export async function showForm<T>(title: string, form: Form<T>, accept: string): Promise<T | null> {
  const dialog = new FormDialog(title, form, accept);
  const { button } = await dialog.launch();
  return button.accept ? dialog.answer : null;
}

class FormDialog<T> extends Dialog<unknown> {
  constructor(
    title: string,
    private readonly form: Form<T>,
    accept: string
  ) {
    const buttons = [Dialog.cancelButton(), Dialog.okButton({ label: accept })];
    const body = form as unknown as Dialog.IBodyWidget<unknown>;
    super({ title, body, buttons, defaultButton: 1, focusNodeSelector: 'input, select' });
    this.addClass('nb2ops-FormDialog');
  }

  answer: T | null = null;

  override resolve(index = 1): void {
    if (index !== 1) {
      super.resolve(index);
      return;
    }
    void this.form.submit().then(answer => {
      if (answer !== null) {
        this.answer = answer;
        super.resolve(index);
      }
    });
  }

  /** A button of the form is pressed by Enter as any other. */
  protected override _evtKeydown(event: KeyboardEvent): void {
    const target = event.target;
    if (event.key !== 'Enter' || !(target instanceof HTMLButtonElement) || !this.form.node.contains(target)) {
      super._evtKeydown(event);
    }
  }
}

/** A label, its field, help, and what is wrong with it. */
export function Field(props: {
  readonly id: string;
  readonly label: string;
  readonly help?: string | undefined;
  readonly wrong?: string | undefined;
  readonly children: (attributes: FieldAttributes) => React.ReactNode;
}): React.JSX.Element {
  const { id, label, help, wrong, children } = props;
  const told = wrong ?? help;
  return (
    <div className="nb2ops-Field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        'aria-invalid': wrong !== undefined,
        'aria-describedby': told ? `${id}-told` : undefined
      })}
      {told && (
        <p
          id={`${id}-told`}
          className={wrong ? 'nb2ops-Field-wrong' : 'nb2ops-Field-help'}
          role={wrong ? 'alert' : undefined}
        >
          {told}
        </p>
      )}
    </div>
  );
}

export interface FieldAttributes {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string | undefined;
}

/** What is wrong with a form as a whole: what the server said of no field that is shown. */
export function FormFault(props: {
  readonly fault: Fault | null;
  readonly shown: (field: string) => boolean;
}): React.JSX.Element | null {
  const { fault, shown } = props;
  if (fault === null) {
    return null;
  }
  const named = Object.entries(fault.fields);
  const rest = named.length
    ? named.filter(([field]) => !shown(field)).map(([, text]) => text)
    : [fault.message];
  const problems = fault.problems.map(problem => problem.message);
  return rest.length + problems.length === 0 ? null : (
    <div className="nb2ops-Notice" role="alert">
      {[...rest, ...problems].map((text, place) => (
        <p key={place}>{text}</p>
      ))}
    </div>
  );
}
