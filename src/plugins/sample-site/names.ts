// Names of people, in English and in Arabic.
import type { Random } from './random.js';

export interface Name {
  readonly en: string;
  readonly ar: string;
}

type Names = readonly [Name, ...Name[]];

const name = (en: string, ar: string): Name => ({ en, ar });

const given: Names = [
  name('Ahmed', 'أحمد'),
  name('Amira', 'أميرة'),
  name('Ayman', 'أيمن'),
  name('Dina', 'دينا'),
  name('Fatma', 'فاطمة'),
  name('Hala', 'هالة'),
  name('Hany', 'هاني'),
  name('Heba', 'هبة'),
  name('Hussein', 'حسين'),
  name('Ibrahim', 'إبراهيم'),
  name('Karim', 'كريم'),
  name('Khaled', 'خالد'),
  name('Laila', 'ليلى'),
  name('Mahmoud', 'محمود'),
  name('Mariam', 'مريم'),
  name('Mohamed', 'محمد'),
  name('Mona', 'منى'),
  name('Mostafa', 'مصطفى'),
  name('Nadia', 'نادية'),
  name('Omar', 'عمر'),
  name('Rania', 'رانيا'),
  name('Sameh', 'سامح'),
  name('Sara', 'سارة'),
  name('Tarek', 'طارق'),
  name('Wael', 'وائل'),
  name('Yasmin', 'ياسمين'),
  name('Youssef', 'يوسف'),
  name('Zeinab', 'زينب'),
];

const family: Names = [
  name('Abdallah', 'عبد الله'),
  name('Abdelrahman', 'عبد الرحمن'),
  name('Ali', 'علي'),
  name('Ashour', 'عاشور'),
  name('Badawi', 'بدوي'),
  name('El-Masry', 'المصري'),
  name('El-Sayed', 'السيد'),
  name('El-Shazly', 'الشاذلي'),
  name('Farouk', 'فاروق'),
  name('Fouad', 'فؤاد'),
  name('Gaber', 'جابر'),
  name('Ghanem', 'غانم'),
  name('Hassan', 'حسن'),
  name('Helmy', 'حلمي'),
  name('Ismail', 'إسماعيل'),
  name('Kamel', 'كامل'),
  name('Mansour', 'منصور'),
  name('Mousa', 'موسى'),
  name('Nasser', 'ناصر'),
  name('Qassem', 'قاسم'),
  name("O'Neill-Rizk", 'أونيل رزق'), // a quote, for whoever builds SQL by hand
  name('Ramadan', 'رمضان'),
  name('Saad', 'سعد'),
  name('Salem', 'سالم'),
  name('Shehata', 'شحاتة'),
  name('Soliman', 'سليمان'),
  name('Taha', 'طه'),
  name('Zaki', 'زكي'),
];

export function makeName(random: Random): Name {
  const [first, last] = [random.pick(given), random.pick(family)];
  return name(`${first.en} ${last.en}`, `${first.ar} ${last.ar}`);
}
