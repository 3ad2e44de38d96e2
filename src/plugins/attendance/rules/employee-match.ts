// Rule 3: whose event is it? A code may be reissued, so the date decides among its holders.

/** An employee as far as matching is concerned; dates are day numbers. */
export interface CodeHolder {
  readonly id: number;
  readonly code: string;
  readonly hireDay: number;
  /** Undefined while employed. */
  readonly terminationDay: number | undefined;
}

/** Finds the employee of a user id on a date, from an index held in memory. */
export class EmployeeMatcher {
  /** Holders of each code, the latest hired first. */
  readonly #holders = new Map<string, CodeHolder[]>();

  constructor(employees: readonly CodeHolder[]) {
    const latestFirst = [...employees].sort((a, b) => b.hireDay - a.hireDay || b.id - a.id);
    for (const employee of latestFirst) {
      // An event without a user has an empty code, and is nobody's.
      if (employee.code === '') continue;
      const holders = this.#holders.get(employee.code);
      if (holders) holders.push(employee);
      else this.#holders.set(employee.code, [employee]);
    }
  }

  /** Id of the employee who holds exactly this code on the day, or undefined. */
  match(code: string, day: number): number | undefined {
    return this.#holders
      .get(code)
      ?.find(
        ({ hireDay, terminationDay }) =>
          day >= hireDay && (terminationDay === undefined || day <= terminationDay + 1),
      )?.id;
  }
}
