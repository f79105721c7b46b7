/** A report in one of its formats. Only the format that is asked for is loaded. */

import type { Report } from './report.ts';

export const reportFormats = ['text', 'json', 'nagios', 'prometheus', 'html'] as const;
export type ReportFormat = (typeof reportFormats)[number];

export interface RenderOptions {
  /** Width of the terminal, for text; used between 40 and 120. */
  readonly columns: number;
  /** Colours, for text. */
  readonly color: boolean;
}

/** The whole report, with a newline at the end. */
export const render = async (
  report: Report,
  format: ReportFormat,
  options: RenderOptions,
): Promise<string> => {
  switch (format) {
    case 'text':
      return (await import('./text.ts')).renderText(report, options);
    case 'json':
      return (await import('./json.ts')).renderJson(report);
    case 'nagios':
      return (await import('./nagios.ts')).renderNagios(report);
    case 'prometheus':
      return (await import('./prometheus.ts')).renderPrometheus(report);
    case 'html':
      return (await import('./html.ts')).renderHtml(report);
  }
};
