### Whether something is usual here

usual-title = ¿Es habitual aquí?
usual-areaTitle = { $area }: ahora frente a lo habitual

usual-verdicts-fewer = Menos de lo habitual
usual-verdicts-usual = Lo habitual
usual-verdicts-more = Más de lo habitual
usual-verdicts-too_few_weeks = No hay pasado suficiente para decirlo
usual-verdicts-incomplete = Hoy no se puede decir

usual-what-call = Llamadas de servicio
usual-what-community = Llamadas de la comunidad
usual-what-officer = Iniciadas por agentes
usual-what-request = Solicitudes al 311

usual-brief = { $now } en 24 h; suelen ser { $low }–{ $high }.
usual-counted = { $what }: { $now } en las 24 horas hasta { $until }, conocidas hasta ahora.
usual-compared = { $weeks } semanas anteriores: { $mean } en promedio, lo habitual es de { $low } a { $high }.
usual-tooFew = Semanas anteriores que se pueden comparar: { $weeks }. Hacen falta al menos { $least } para decir qué es habitual.
usual-averaged = Tuvieron { $mean } en promedio.
usual-incomplete = Toda la ciudad informa tan poco de estas horas que a alguna fuente debe de faltarle algo.
usual-skipped =
    { $count ->
        [one] { $count } de las doce semanas anteriores no se compara: las fuentes no la cubren por completo.
       *[other] { $count } de las doce semanas anteriores no se comparan: las fuentes no las cubren por completo.
    }
usual-unanswered = Ninguna fuente ha respondido todavía.
usual-failed = La comparación no se puede cargar ahora.

usual-city-when = un { $day }, { $hour }

usual-city-range-call = { $now } llamadas en 24 h; suelen ser { $low }–{ $high }
usual-city-range-request = { $now } solicitudes en 24 h; suelen ser { $low }–{ $high }

usual-city-whole = en toda la ciudad

usual-apart = Se cuenta aparte: { $what }: { $now }, en promedio { $mean }. { $verdict }.
usual-weeksAgo = hace 12 sem.
usual-now = ahora
usual-notCompared = no se compara
usual-strip = Cada semana anterior, primero la más antigua: { $weeks }. Ahora: { $now }.
usual-meaningTitle = ¿Qué significa?
usual-meaning = Las últimas 24 horas se ponen junto a las mismas horas del mismo día de la semana, hasta doce semanas atrás. Solo se dice «más» o «menos» de una cifra que por azar se daría más o menos una vez en cien días así. Los registros que llegan tarde aún no se cuentan. Una llamada es una solicitud de ayuda: más llamadas no son más delitos.
