// The rows of BioStar beside the log: users, their groups, terminals and event types.
import type { Arrivals } from './arrivals.js';
import { lookalikes } from './cast.js';
import { eventTypes } from './events.js';
import type { SitePlan } from './plan.js';
import { bioStarTables, type Row, type Table } from './schema.js';
import { guard, visitorBadge, visitorBadges } from './strangers.js';
import type { SiteZone } from './zone.js';

const group = { all: 1, employees: 2, contractors: 3, visitors: 4 } as const;

/** Every table but the logs. Some badges have no user any more, as happens when one is deleted. */
export function bioStarRows({ people, site }: SitePlan): readonly (readonly [Table, Row[]])[] {
  const names = new Map<string, readonly [name: string, group: number]>();
  // A reissued code has one user: the last holder's.
  for (const { code, name } of people) names.set(code, [name.en, group.employees]);
  for (const code of lookalikes) names.set(code, ['Test badge', group.contractors]);
  names.set(guard, ['Guard, night round', group.contractors]);
  for (let number = 1; number <= visitorBadges; number += 2) {
    names.set(visitorBadge(number), [`Visitor ${number}`, group.visitors]);
  }
  return [
    [
      bioStarTables.users,
      [...names].map(([user, [name, groupId]], index) => [index + 1, user, name, groupId]),
    ],
    [
      bioStarTables.groups,
      [
        [group.all, 'All Users', null],
        [group.employees, 'Employees', group.all],
        [group.contractors, 'Contractors', group.all],
        [group.visitors, 'Visitors', group.all],
      ],
    ],
    [
      bioStarTables.devices,
      Array.from({ length: site.terminals }, (_, index) => [
        index + 1,
        index === 0 ? 'Main gate' : `Terminal ${index + 1}`,
      ]),
    ],
    [bioStarTables.eventTypes, eventTypes.map(([type, name]) => [type, name])],
  ];
}

/** The rows that one day's arrivals add to the log of a month. */
export function logRows(arrivals: Arrivals, month: string, zone: SiteZone): Row[] {
  return (arrivals.months.get(month) ?? []).map(({ id, event }) => [
    id,
    zone.text(event.server),
    event.at,
    event.device,
    event.user,
    event.type,
    event.tnaKey,
  ]);
}
