import * as React from 'react';
import type { Api } from '../api';
import type { Reader } from '../reader';
import type { DeploymentView } from '../wire';
import { Form, FormFault } from './dialog';
import { type Draft, draftOf, scheduleOf } from './draft';
import { Schedules } from './schedules';

/** The schedules of a deployment that is there. */
export class EditSchedules extends Form<DeploymentView> {
  constructor(
    private readonly view: DeploymentView,
    private readonly api: Api,
    private readonly reader: Reader
  ) {
    super();
    this.drafts = view.deployment.schedules.map(draftOf);
  }

  protected override render(): React.JSX.Element {
    return (
      <>
        <FormFault fault={this.state.fault} shown={() => false} />
        <Schedules
          drafts={this.drafts}
          api={this.api}
          reader={this.reader}
          onChange={next => {
            this.drafts = next;
            this.update();
          }}
        />
      </>
    );
  }

  protected override send(): Promise<DeploymentView> {
    return this.api.changeDeployment(this.view.deployment.id, { schedules: this.drafts.map(scheduleOf) });
  }

  private drafts: readonly Draft[];
}
