/** The page's words. Another language is another module of the same shape as `en`. */

import { en } from './en';

export type Messages = typeof en;

export const locale = 'en';
export const t: Messages = en;

const dates = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options);
const day = dates({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const time = dates({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const moment = dates({ dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });
const shortDay = dates({ day: 'numeric', month: 'long' });
const monthName = dates({ month: 'long' });
const percentage = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
const figure = new Intl.NumberFormat(locale, { maximumFractionDigits: 4 });
const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });

export const format = {
  day: (at: Date) => day.format(at),
  time: (at: Date) => time.format(at),
  moment: (at: Date) => moment.format(at),
  shortDay: (at: Date) => shortDay.format(at),
  month: (at: Date) => monthName.format(at),
  percent: (share: number) => percentage.format(share),
  number: (value: number) => decimal.format(value),
  share: (value: number) => share.format(value),
  figure: (value: number) => figure.format(value),
};
