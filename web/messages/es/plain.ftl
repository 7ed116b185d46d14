### Pages of the server: the list, an incident, data and methods

plain-tongue = Español
plain-skip = Ir al contenido
plain-map = Mapa
plain-list = Lista
plain-title = { $page } · { $city }
plain-asOf = A las { $time }. Vuelva a cargar la página para ver lo más reciente.
plain-heading = Incidentes en { $city }
plain-words = Calle, lugar o palabras
plain-since = Recibido desde
plain-until = Recibido antes de
plain-zone = Las horas son las de la ciudad: { $zone }.
plain-apply = Aplicar

plain-ended-all = Terminados
plain-ended-some = Terminados o reportados
plain-ended-none = Reportados

plain-moreHappening = Todo lo que ocurre ahora
plain-newest = Lo más reciente
plain-older = Anteriores
plain-smallMap =
    { $count ->
        [one] Mapa: ocurre { $count } incidente ahora
       *[other] Mapa: ocurren { $count } incidentes ahora
    }
plain-shown =
    { $count ->
        [one] { $count } incidente
       *[other] { $count } incidentes
    }
plain-notRead = No se entiende «{ $name }», así que no se muestra nada.
plain-missing = No existe esa página, o el incidente ya no se muestra.
plain-unavailable = El servidor no puede responder ahora. Inténtelo de nuevo en un momento.
plain-back = Volver a la lista
plain-onMap = Ver en el mapa
plain-publicId = Identificador público { $id }
plain-intro = De dónde vienen los incidentes de { $city }, qué se hace con ellos antes de que nadie los vea y cuánto no se muestra.
plain-contents = En esta página
plain-crime = Una llamada de servicio es una solicitud de ayuda. No es un delito: la mayoría resulta ser otra cosa, y nada aquí dice que alguien haya hecho algo.
plain-fresh = Cuán reciente es
plain-freshText = A cada fuente se le pregunta una y otra vez. Su retraso es el tiempo desde que se recibió un incidente hasta que se vio aquí por primera vez, en sus últimos incidentes.

plain-states-ok = A tiempo
plain-states-unstored = Los datos nuevos no se pueden guardar en este momento
plain-states-short = En su última actualización faltan muchos incidentes; aún no se ha cerrado ninguno
plain-states-late = Con retraso
plain-states-failing = No responde
plain-states-waiting = Aún no leída
plain-states-paused = En pausa por la ciudad

plain-lastSuccess = Última respuesta
plain-delay = Retraso máximo de la mitad, 9 de 10 y 99 de 100 incidentes
plain-noDelay = aún sin medir
plain-gaps = Interrupciones en 90 días
plain-noGaps = ninguna
plain-gap = { $from } a { $to }
plain-every = se consulta cada { $span }
plain-sought = en días ya terminados se pudieron ubicar { $found } de { $sought } direcciones que llegaron sin posición

plain-closing-status = La fuente misma indica si una llamada está cerrada.
plain-closing-time = Una llamada está cerrada cuando tiene hora de cierre.
plain-closing-vanish = Una llamada está cerrada cuando desaparece de la fuente; su final puede notarse tarde.
plain-closing-never = La fuente no dice cuándo termina nada, así que todo cuenta como cerrado.

plain-precision = Dice días, no horas.
plain-pausedNow = En pausa ahora por la ciudad
plain-area = Zona
plain-placed = Dónde se muestra
plain-placedText = Nada se muestra en su lugar exacto. Cada incidente se lleva a un punto público antes de guardarse, siempre el mismo para el mismo lugar, y el lugar exacto se olvida.
plain-placedShare = El { $share } de los { $count } incidentes del mapa tiene lugar.
plain-placeKind = Se muestra en

plain-placeKinds-grid = El centro de un hexágono de la cuadrícula
plain-placeKinds-intersection = El cruce más cercano
plain-placeKinds-block = El centro de la cuadra
plain-placeKinds-area = Un punto para toda la zona
plain-placeKinds-publisher = Donde lo pone la fuente de la ciudad
plain-placeKinds-none = Sin lugar

plain-movedAtMost = Movido como mucho
plain-count = Incidentes
plain-ledger = Qué publicamos y qué no
plain-ledgerText = Qué fue de todo lo que se leyó. Cada incidente cuenta una vez, en el día (UTC) en que se publicó o se omitió, por muchas veces que se lea. Lo que aún espera no se cuenta todavía. Solo se cuentan días que han terminado.
plain-ledgerSum = Leídos = publicados + publicados más tarde + omitidos + ilegibles. Donde falta una cuenta, los leídos se dicen como intervalo.
plain-suppressed = < { $small }
plain-suppressedText = «< { $small }» son menos de { $small }, quizá ninguno. Se omite porque una cuenta pequeña puede señalar a una persona.
plain-suppressedArea = «·» es una cuenta omitida, porque es menor que { $small } o porque delataría una que lo es.
plain-suppressedCell = ·
plain-from = Desde
plain-to = Hasta
plain-wholeCity = Toda la ciudad
plain-day = Día
plain-month = Mes
plain-total = En total
plain-fetched = Leídos
plain-between = { $least } a { $most }
plain-published = Publicados
plain-held = Publicados más tarde
plain-withheld = Omitidos
plain-unreadable = Ilegibles
plain-afterwards = Después
plain-released = Publicados al final
plain-retracted = Retirados

plain-reasons-unmapped = Tipo desconocido
plain-reasons-sensitive = Delicado
plain-reasons-policy = Por norma
plain-reasons-no_place = Sin lugar
plain-reasons-outside_city = Fuera

plain-rejections-bad_time = hora ilegible
plain-rejections-no_time = sin hora
plain-rejections-absurd_time = hora imposible
plain-rejections-no_key = sin clave
plain-rejections-bad_key = clave ilegible
plain-rejections-no_source_type = sin tipo
plain-rejections-bad_source_type = tipo ilegible
plain-rejections-unknown_status = estado desconocido
plain-rejections-ragged_row = fila dañada
plain-rejections-bad_row = fila dañada
plain-rejections-other = otros

plain-noDays = Aún no ha terminado ningún día desde que esta ciudad empezó su registro.
plain-noMonths = Entre estos días no hay ningún mes entero. Por zona, las cuentas se dan por meses.
plain-ledgerArea = Por zona, las cuentas se publican para una sola clase de zona ({ $kind }): con las de dos clases podrían deducirse cuentas pequeñas.
plain-definitions = Qué significan las palabras
plain-terms-call-name = Llamada de servicio
plain-terms-call-meaning = Trabajo que abrió una central de despacho: por el 911, otra línea o un agente.
plain-terms-request-name = Solicitud de servicio
plain-terms-request-meaning = Una solicitud al 311, como un bache o una luz de la calle.
plain-terms-incident-name = Incidente
plain-terms-incident-meaning = Cualquiera de las dos: una fila de la lista, una marca en el mapa.
plain-terms-status-name = Abierto, cerrado
plain-terms-status-meaning = Si alguien sigue trabajando en ello, hasta donde dice la fuente.
plain-terms-received-name = Recibido
plain-terms-received-meaning = Cuándo llegó la llamada. Las demás horas se dicen como tiempo desde entonces.
plain-terms-stages-name = Despachado, en camino, en el lugar
plain-terms-stages-meaning = Cuándo se envió, salió y llegó la primera unidad.
plain-terms-withheld-name = Omitido
plain-terms-withheld-meaning = No publicado, y contado.
plain-terms-held-name = Retenido
plain-terms-held-meaning = Publicado más tarde.
plain-terms-masked-name = Enmascarado
plain-terms-masked-meaning = Mostrado con un lugar o una hora menos precisos.
plain-terms-retracted-name = Retirado
plain-terms-retracted-meaning = Quitado después de haberse publicado.
plain-terms-unreadable-name = Ilegible
plain-terms-unreadable-meaning = Un registro sin hora, tipo o clave legibles. Se rechaza solo él, y se cuenta.
plain-mapping = Categorías y qué corresponde a ellas
plain-mappingText = Cada agencia tiene sus propias palabras para lo que es una llamada. La ciudad dice cuáles son de cada categoría; un tipo que nadie ha asignado se omite y se cuenta hasta que alguien lo haga.
plain-types =
    { $count ->
        [one] { $count } tipo de la agencia
       *[other] { $count } tipos de la agencia
    }
plain-patterns =
    { $count ->
        [one] { $count } patrón
       *[other] { $count } patrones
    }
plain-typesHidden = Esta ciudad no publica las palabras de sus agencias, así que aquí solo se dice cuántas son.
plain-never = Qué no se muestra nunca
plain-neverText = Las llamadas de estos grupos se omiten, en toda ciudad y para siempre: ni una corrección las hace públicas. Textos, nombres, teléfonos, matrículas, nombres de unidades y resultados de pacientes no se leen nunca.

plain-groupNames-domestic_violence = Violencia doméstica
plain-groupNames-sexual_offence = Delitos sexuales
plain-groupNames-child_abuse = Maltrato infantil
plain-groupNames-juvenile = Menores
plain-groupNames-suicide_mental_health = Suicidio y salud mental
plain-groupNames-overdose = Sobredosis
plain-groupNames-elder_abuse = Maltrato a mayores
plain-groupNames-stalking = Acoso
plain-groupNames-death = Fallecimientos
plain-groupNames-tactical_officer_safety = Operaciones tácticas y seguridad de los agentes

plain-loosened = Qué deja pasar esta ciudad de todos modos
plain-notLoosened = Esta ciudad no deja pasar nada de ello.
plain-whole = Todo el grupo: { $group }
plain-some = Parte del grupo: { $group }
plain-asPublished = Puntos que se muestran donde los pone quien los publica
plain-asPublishedText = Lo que publican estas fuentes ya viene enmascarado, según dice la ciudad. Las llamadas médicas se enmascaran una vez más.
plain-asPublishedBy = { $source }: a no más de { $metres } del lugar
plain-medical = Las llamadas médicas se muestran como médicas y nada más, en un lugar menos preciso.
plain-medicalTimes = Sus horas se recortan a pasos de { $minutes } minutos, y cada una aparece dos minutos después de terminar su paso.
plain-medicalShown = De las llamadas médicas también se muestra: { $field }

plain-medicalFields-priority = prioridad
plain-medicalFields-units = número de unidades
plain-medicalFields-times = horas al segundo

plain-cell = Los demás lugares se muestran en el centro de un hexágono de unos { $span } de ancho.
plain-cellMedical = Llamadas médicas: unos { $span } de ancho.
plain-hundredBlock = Junto al lugar está su cuadra o su cruce, salvo en las llamadas médicas.
plain-noLabels = Junto al lugar no se nombra ninguna calle.
plain-changes = Cuándo cambiaron las normas
plain-changesText = Días (UTC) en que otras normas entraron en vigor. Un cambio vale también para lo ya publicado.
plain-noChanges = Las normas no han cambiado desde que esta ciudad empezó su registro.
plain-limits = Con qué tener cuidado
plain-limitList-calls = Las llamadas son lo que se pidió, no lo que pasó. Un tipo puede cambiar o ser equivocado.
plain-limitList-places = Quién llama, y cuánto, cambia de un lugar a otro. Más llamadas no significan más peligro.
plain-limitList-points = Los puntos valen por muchas direcciones. Dos llamadas en un punto no tienen por qué ser de una dirección.
plain-limitList-sources = Una fuente puede retrasarse, parar u omitir cosas. Las interrupciones de arriba dicen cuándo se notó.
plain-limitList-times = Las horas son las de la agencia, en lo que tengan sentido.
plain-limitList-missing = Lo pequeño y lo delicado falta a propósito; por eso estas cuentas son menores que las de la agencia.
plain-licence = Licencia, cita y descargas
plain-licenceText = Los datos son de sus fuentes: { $attribution }.
plain-licenceNone = Los datos son de sus fuentes, y bajo sus condiciones.
plain-software = Blocklight, que los muestra, es software libre con la licencia Apache 2.0.
plain-notices = Licencias del software, los iconos y la tipografía de estas páginas
plain-cite = Cítese como: Blocklight, { $city }, { $url }, consultado el { $day }.
plain-downloads = Para programas
plain-apiIncidents = Incidentes en GeoJSON
plain-apiWindow = La ventana en vivo en columnas Arrow
plain-apiSources = Estado de las fuentes
plain-apiLedger = Las cuentas
plain-apiPolicy = Las normas
plain-apiAll = Descripción de la interfaz (OpenAPI)
