/** Command lines as Windows' programs take them apart (CommandLineToArgvW, Microsoft's C runtime). */

/**
 * An argument that comes out as it went in. Backslashes mean themselves except before a quotation mark, where
 * they are doubled; so are those at the end, before the mark that closes.
 */
const quoteArgument = (argument: string): string =>
  /^[^\s"]+$/.test(argument)
    ? argument
    : `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;

/**
 * The command line of a service. The program always stands in quotation marks: without them Windows would try
 * C:\Program.exe first, and whoever can put that file there becomes the service.
 */
export const commandLine = ([program = '', ...args]: readonly string[]): string =>
  [`"${program}"`, ...args.map(quoteArgument)].join(' ');
