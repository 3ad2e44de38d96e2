// Departments as a tree whose rows may come before their parents, and the positions people hold.
import type { Random } from './random.js';

export interface Unit {
  readonly id: number;
  readonly parent: number | null;
  readonly code: string;
  readonly nameEn: string;
  readonly nameAr: string;
  readonly active: boolean;
}

export interface Position {
  readonly id: number;
  readonly code: string;
  readonly nameEn: string;
  readonly nameAr: string;
}

/** Name, Arabic name, what lies below. */
type Branch = readonly [en: string, ar: string, below?: readonly Branch[]];

const company: Branch = [
  'Delta Works',
  'مصانع الدلتا',
  [
    [
      'Production',
      'الإنتاج',
      [
        ['Line 1', 'خط 1', [['Line 1 Assembly', 'تجميع خط 1']]],
        ['Line 2', 'خط 2', [['Line 2 Assembly', 'تجميع خط 2']]],
        ['Packing', 'التعبئة'],
        ['Quality', 'الجودة', [['Laboratory', 'المعمل']]],
      ],
    ],
    [
      'Maintenance',
      'الصيانة',
      [
        ['Electrical', 'الكهرباء'],
        ['Mechanical', 'الميكانيكا'],
      ],
    ],
    [
      'Administration',
      'الإدارة',
      [
        ['Human Resources', 'الموارد البشرية'],
        ['Finance', 'المالية', [['Payroll', 'الأجور']]],
        ['Information Technology', 'تقنية المعلومات'],
      ],
    ],
    [
      'Site Services',
      'خدمات الموقع',
      [
        ['Security', 'الأمن'],
        ['Canteen', 'المطعم'],
        ['Fire Brigade', 'الإطفاء'],
      ],
    ],
    ['Old Warehouse', 'المخزن القديم'],
  ],
];

/** The department that the later step renames. */
export const renamedUnit = {
  from: 'Human Resources',
  en: 'People and Culture',
  ar: 'الأفراد والثقافة',
} as const;

/** The department that is out of use. */
const closedUnit = 'Old Warehouse';

export const positions: readonly Position[] = [
  { id: 1, code: '001', nameEn: 'Operator', nameAr: 'مشغل' },
  { id: 2, code: '002', nameEn: 'Senior Operator', nameAr: 'مشغل أول' },
  { id: 3, code: '003', nameEn: 'Technician', nameAr: 'فني' },
  { id: 4, code: '004', nameEn: 'Engineer', nameAr: 'مهندس' },
  { id: 5, code: '005', nameEn: 'Supervisor', nameAr: 'مشرف' },
  { id: 6, code: '006', nameEn: 'Clerk', nameAr: 'كاتب' },
  { id: 7, code: '007', nameEn: 'Accountant', nameAr: 'محاسب' },
  { id: 8, code: '008', nameEn: 'Guard', nameAr: 'حارس' },
  { id: 9, code: '009', nameEn: 'Cook', nameAr: 'طباخ' },
  { id: 10, code: '010', nameEn: 'Acting Manager', nameAr: 'مدير بالإنابة' },
];

/** The departments, in the order of their ids; the ids are dealt out at random. */
export function makeUnits(random: Random): Unit[] {
  const drafts: { draft: Omit<Unit, 'id' | 'parent'>; parent: number | null }[] = [];
  const add = ([en, ar, below = []]: Branch, parent: number | null): void => {
    const code = `D${String(drafts.length).padStart(3, '0')}`;
    const index = drafts.push({
      draft: { code, nameEn: en, nameAr: ar, active: en !== closedUnit },
      parent,
    });
    for (const branch of below) add(branch, index - 1);
  };
  add(company, null);
  const ids = random.shuffled(drafts.map((_, index) => index + 1));
  const idOf = (index: number): number => ids[index] ?? index;
  return drafts
    .map(({ draft, parent }, index) => ({
      ...draft,
      id: idOf(index),
      parent: parent === null ? null : idOf(parent),
    }))
    .sort((a, b) => a.id - b.id);
}
