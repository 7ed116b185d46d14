/** Whether something is usual, in Spanish. */

import type { UsualWords } from "./en";

export const usual: UsualWords = {
  title: "¿Es habitual aquí?",
  areaTitle: (area) => `${area}: ahora frente a lo habitual`,
  verdicts: {
    fewer: "Menos de lo habitual",
    usual: "Lo habitual",
    more: "Más de lo habitual",
    too_few_weeks: "No hay pasado suficiente para decirlo",
    incomplete: "Hoy no se puede decir",
  },
  what: {
    call: "Llamadas de servicio",
    community: "Llamadas de la comunidad",
    officer: "Iniciadas por agentes",
    request: "Solicitudes al 311",
  },
  brief: (now, low, high) => `${now} en 24 h; suelen ser ${low}–${high}.`,
  counted: (what, now, until) => `${what}: ${now} en las 24 horas hasta ${until}, conocidas hasta ahora.`,
  compared: (weeks, mean, low, high) =>
    `${weeks} semanas anteriores: ${mean} en promedio, lo habitual es de ${low} a ${high}.`,
  tooFew: (weeks, least) =>
    `Semanas anteriores que se pueden comparar: ${weeks}. Hacen falta ${least} para decir qué es habitual.`,
  averaged: (mean) => `Tuvieron ${mean} en promedio.`,
  incomplete: "Toda la ciudad informa tan poco de estas horas que a alguna fuente debe de faltarle algo.",
  skipped: (count, text) =>
    count === 1
      ? "1 de las doce semanas anteriores no se compara: las fuentes no la cubren por completo."
      : `${text} de las doce semanas anteriores no se comparan: las fuentes no las cubren por completo.`,
  unanswered: "Ninguna fuente ha respondido todavía.",
  failed: "La comparación no se puede cargar ahora.",
  city: {
    when: (day, hour) => `un ${day}, ${hour}`,
    range: {
      call: (now, low, high) => `${now} llamadas en 24 h; suelen ser ${low}–${high}`,
      request: (now, low, high) => `${now} solicitudes en 24 h; suelen ser ${low}–${high}`,
    },
    whole: "en toda la ciudad",
  },
  apart: (what, now, mean, verdict) => `Aparte: ${what}: ${now}, en promedio ${mean}. ${verdict}.`,
  weeksAgo: "hace 12 sem.",
  now: "ahora",
  notCompared: "no se compara",
  strip: (weeks, now) => `Cada semana anterior, primero la más antigua: ${weeks}. Ahora: ${now}.`,
  meaningTitle: "¿Qué significa?",
  meaning:
    "Las últimas 24 horas se ponen junto a las mismas horas del mismo día de la semana, hasta doce semanas atrás. Solo se dice «más» o «menos» de una cifra que por azar se daría más o menos una vez en cien días así. Los registros que llegan tarde aún no se cuentan. Una llamada es una solicitud de ayuda: más llamadas no son más delitos.",
};
