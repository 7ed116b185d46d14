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
past-asOf = Datos de { $time }, cambio { $seq }.
past-kinds = De qué tipo
past-kindsText = Llamadas de los últimos 28 días; la marca es lo que correspondería según la ciudad.
past-kind = Tipo
past-n = Llamadas
past-expected = Según la ciudad
past-when = Cuándo
past-whenText = Llamadas por día de la semana y hora, últimas 52 semanas.
past-weekday = Día
past-weeks = Semana a semana
past-weeksText = Llamadas recibidas en cada semana. Una semana pálida no ha terminado, o no está entera en el archivo.
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
past-only = La mitad de las atendidas
past-fates = De { $calls } llamadas, { $served } fueron atendidas, { $unserved } terminaron antes de que llegara alguien, { $missing } no tienen hora de llegada en la fuente, { $waiting } aún esperan. Otras { $excluded } quedan fuera: sus horas se contradicen o superan un día.

past-refusals-not_reported = No se informa: ninguna fuente dice cuándo termina esta etapa.
past-refusals-too_few = Muy pocas llamadas para dar cifras.
past-refusals-missing_grows = Sin cifra: faltan más horas de llegada cuanto más se espera.

past-never = no se alcanza
past-interval = { $low } a { $high }
past-ended = Cómo terminaron
past-endedText = Últimas 52 semanas. Terminada no significa resuelta.
past-untold = La fuente no lo dice
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
