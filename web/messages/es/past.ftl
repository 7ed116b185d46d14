### Pages of the server about the past

past-nav = Cifras
past-wholeCity = Toda la ciudad
past-openNow =
    { $count ->
        [one] Ahora se atiende { $count } llamada.
       *[other] Ahora se atienden { $count } llamadas.
    }
past-calls =
    { $count ->
        [one] { $count } llamada
       *[other] { $count } llamadas
    }

past-span-24 = Últimas 24 horas
past-span-168 = Últimos 7 días
past-span-672 = Últimos 28 días

past-apart = Se cuentan aparte: { $officer } iniciadas por agentes, { $requests } solicitudes 311.
past-asOf = Datos de { $time } (entrada { $seq } del registro de cambios).
past-kinds = De qué tipo
past-kindsText = Llamadas de los últimos 28 días. La marca muestra cuántas serían con la proporción de toda la ciudad.
past-kind = Tipo
past-n = Llamadas
past-expected = Según la ciudad
past-when = Cuándo
past-whenText = Llamadas por día de la semana y hora, últimas 52 semanas.
past-weekday = Día
past-weeks = Semana a semana
past-weeksText = Llamadas recibidas en cada semana. En pálido: la semana no ha terminado, o solo una parte está en el archivo.
past-week = Semana del
past-complete = Completa
past-yes = sí
past-no = no
past-wait = Cuánto se espera
past-waitText = Desde que se recibe hasta que llega la primera unidad, últimas 52 semanas. Cuentan todas, también las que aún esperan y aquellas a las que nadie acudió.
past-none = no indicada
past-known = Llegada conocida
past-half = La mitad espera menos de
past-nine = 9 de cada 10 menos de
past-only = La mitad de las atendidas espera menos de
past-fates = De { $calls } llamadas, { $served } fueron atendidas, { $unserved } terminaron antes de que llegara alguien, { $missing } no tienen hora de llegada en la fuente, { $waiting } aún esperan. Otras { $excluded } quedan fuera: sus horas se contradicen o superan un día.

past-refusals-not_reported = No se informa: ninguna fuente dice cuándo termina esta etapa.
past-refusals-too_few = Muy pocas llamadas para dar cifras.
past-refusals-missing_grows = Sin cifra: cuanto más se espera, más a menudo falta la hora de llegada, así que cualquier cifra sería errónea.

past-never = no se alcanza
past-interval = { $low } a { $high }
past-ended = Cómo terminaron
past-endedText = Últimas 52 semanas. Terminada no significa resuelta.
past-untold = Sin dato de la fuente
past-now = Ahora mismo
past-nothingNow = Ninguna llamada abierta.
past-check = Compruébelo
past-csv = CSV
past-files = Todas las llamadas por mes (Parquet, CSV, GeoJSON)
past-worked = Cómo se calcula
past-stage = Etapa

past-stages-queue = Hasta que se envía una unidad
past-stages-turnout = Hasta que la unidad sale
past-stages-travel = En camino
past-stages-response = De la llamada a la llegada
past-stages-on_scene = En el lugar

past-by = Por

past-byNames-priority = prioridad
past-byNames-category = categoría
past-byNames-hour = hora del día
past-byNames-weekday = día de la semana
past-byNames-month = mes
past-byNames-agency = agencia
past-byNames-origin = quién llamó

past-building = El archivo se está creando. Inténtelo de nuevo en un minuto.
past-times = Tiempos de respuesta
past-mean = Media de las atendidas

past-outcomes-by = Por { $heading }

past-outcomes-wait = Espera hasta que llegó ayuda

past-outcomes-over = más de { $time }

past-outcomes-unknown = Llegada no conocida

past-outcomes-others = Otros finales

past-work-title = Trabajo

past-work-text = Unidades ocupadas a la vez, por hora del día, en promedio: llamadas de la comunidad y, en gris, trabajo iniciado por agentes.

past-work-notReported = No se informa: ninguna fuente dice a la vez cuándo se envían unidades y cuándo terminan las llamadas.

past-work-hour = Por hora del día

past-work-community = Unidades, comunidad

past-work-officer = Unidades, iniciadas por agentes

past-work-waiting = Llamadas en espera

past-work-queues = Colas más largas

past-work-counted = { $community } llamadas de la comunidad y { $officer } iniciadas por agentes ocuparon unidades; de { $oneUnit } no se informa el número de unidades, y cada una cuenta como una. Otras { $leftOut } quedan fuera: no se sabe cuándo se envió una unidad o terminó la llamada, o las horas se contradicen.

past-compare-nav = Comparar

past-compare-title = Comparar zonas

past-compare-text = Cada cifra lleva el margen en que puede estar (95 %). Una diferencia se marca «dentro del azar» si su margen incluye el cero. Cerca de una de cada veinte se marca como real por puro azar.

past-compare-choose = Elija de dos a seis zonas, o una zona y un segundo período.

past-compare-add = Añadir una zona

past-compare-since = Desde

past-compare-until = Antes de

past-compare-versusSince = Comparar con el tiempo desde

past-compare-area = Zona

past-compare-days = Días cubiertos

past-compare-aWeek = Llamadas por semana

past-compare-aWeekText = Llamadas de la comunidad. El margen es tan ancho como varían las semanas; la línea discontinua es la primera.

past-compare-beside = Frente a la primera

past-compare-base = la primera

past-compare-waitText = Desde que se recibe hasta que llega la primera unidad; cuentan todas. La línea discontinua es la primera.

past-compare-sharesText = Parte de las llamadas de cada columna; en negrita si difiere de la primera más allá del azar.

past-compare-endedText = Parte de las llamadas que terminaron. Terminada no significa resuelta.

past-compare-without = × { $name }

past-compare-verdicts-more = más alto

past-compare-verdicts-less = más bajo

past-compare-verdicts-within_chance = dentro del azar

past-compare-verdicts-unknown = sin datos suficientes

past-target-title = Dentro del objetivo

past-target-text = Cuántas llamadas pasaron esta etapa dentro del objetivo de la ciudad. Cuentan todas, también las que aún esperan y aquellas a las que nadie acudió.

past-target-goal = Objetivo

past-target-within = Dentro del objetivo

past-target-only = De las atendidas

past-target-missing = Si las horas que faltan fueran nunca o al instante

past-target-several = varios

past-target-inTime = en { $time }

past-target-shareInTime = { $share } en { $time }

past-target-asked = Objetivo: { $target }.

past-target-since = Objetivo: { $target }, desde el { $day }.

past-rate-residents = { $n } habitantes ({ $year }, { $source })

past-rate-of = { $rate } por cada 1000 habitantes

past-rate-aWeek = Por semana y 1000 habitantes

past-rate-counted = Habitantes según el recuento de { $year }: { $source }. También llaman personas que viven en otra parte.
