/**
 * The licences of everything that certready is made of, as `certready licenses` prints them.
 * The bundler replaces this module by one with the texts: which packages are inside is known only then.
 */

export const notices =
  'certready runs from its sources: the licence of each package lies in node_modules.\n';
