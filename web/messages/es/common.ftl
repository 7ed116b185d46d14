### The map page, and what the server's pages say in the same words

live = En vivo
notLive = Sin datos en vivo
connecting = Conectando
lost = Sin conexión, intentando de nuevo
kept = Sin conexión. Así era hace { $span }
keptOnce = Sin conexión. Así era cuando había conexión.
loading = Cargando incidentes
failed = El servidor no responde. Intentando de nuevo.
ago = hace { $span }
newest = última llamada: { $when }
checked = Consultado hace { $span }, sin llamadas
late = { $source }: retraso de { $span }; última respuesta: { $since }
silent = { $source } aún no ha respondido
unstored = Los datos nuevos de { $source } no se pueden guardar en este momento
short = { $source }: en su última actualización faltan muchos incidentes; aún no se ha cerrado ninguno
failing = { $source } no responde; última respuesta: { $since }
pausedSince = En pausa por decisión de la ciudad. Desde: { $since }. Qué: { $what }. Motivo: { $reason }

pauseScopes-city = todo
pauseScopes-area = una parte de la ciudad

moreTroubles =
    { $count ->
        [one] { $count } aviso más en «Datos y métodos».
       *[other] { $count } avisos más en «Datos y métodos».
    }

openIn-calls =
    { $count ->
        [one] llamada en atención
       *[other] llamadas en atención
    }
openIn-requests =
    { $count ->
        [one] solicitud abierta
       *[other] solicitudes abiertas
    }
openIn-officer = de agentes, en curso
openIn-all =
    { $count ->
        [one] abierto ahora
       *[other] abiertos ahora
    }

endedIn-all = terminados, { $range }
endedIn-some = terminados o reportados, { $range }
endedIn-none = reportados, { $range }

inWholeCity = { $count } en toda la ciudad
sections = Qué se muestra

sectionNames-calls = Llamadas
sectionNames-requests = Solicitudes al 311
sectionNames-officer = De agentes

happening = En curso · { $count }

endedList-all = Terminados · { $range } · { $count }
endedList-some = Terminados o reportados · { $range } · { $count }
endedList-none = Reportados · { $range } · { $count }

order = Orden

orders-nearest = primero lo más cercano
orders-newest = primero lo más reciente
orders-longest = primero lo más largo

showOpenOnly = Mostrar solo los incidentes abiertos
showClosedOnly = Mostrar solo los incidentes cerrados
search = Calle, lugar o sector
seek = Buscar
clearSearch = Borrar la búsqueda
found = Zonas, lugares y direcciones

foundKinds-place = Lugar
foundKinds-address = Dirección

lookUp = Buscar «{ $text }» en { $host }

lookedUp-asking = Buscando…
lookedUp-nothing = No hay tal dirección en esta ciudad.
lookedUp-failed = El buscador de direcciones no responde.

locate = Mostrar dónde estoy
locating = Buscando dónde está usted. Solo este navegador lo sabe.
elsewhere = Usted está fuera de la zona de este mapa.
noPosition = El navegador no dice dónde está usted.
categories = Categorías
incidents = Incidentes
nothing = Nada coincide.
nothingHint = Amplíe el periodo o muestre todo de nuevo.
showAll = Mostrar todo
newMany =
    { $count ->
        [one] { $count } incidente nuevo
       *[other] { $count } incidentes nuevos
    }
fast = Esto es una demostración: el tiempo pasa { $rate } veces más rápido.
notACrime = Una llamada es una solicitud de ayuda, no un delito.
contact = ¿Hay algo incorrecto o privado aquí?
data = Datos y métodos
whatAndWhy = Qué y por qué
someWithheld = Algunas se omiten para proteger a las personas.
withheld =
    { $count ->
        [one] { $count } llamada de ayer se omite para proteger a las personas.
       *[other] { $count } llamadas de ayer se omiten para proteger a las personas.
    }
close = Cerrar
link = Copiar enlace
copied = Copiado
copy = Copiar
copyCode = Copiar el código
copyFailed = Este navegador no permite copiar desde la página. Seleccione el texto y cópielo usted.
shareView = Compartir esta vista
shareLink = Enlace a esta vista
shareHint = Ambos conservan sus filtros, el periodo y, si lo movió, el lugar del mapa.
asData = Los mismos incidentes como datos (GeoJSON)
shareWith = Compartir con…
embedLabel = Código para su propia página
embedTitle = Mapa en vivo de llamadas de servicio en { $city }
fullMap = Abrir el mapa completo
help = Teclas y ayuda
language = Idioma
areas = Zonas
noAreas = Sin contornos
layers = Capas
density = Incidentes cerrados como densidad

densities-auto = Al alejar el mapa
densities-always = Siempre
densities-never = Nunca

densityLegend = Incidentes cerrados por hexágono
share = Compartir
filters = Filtros
play = Ver el día
pause = Pausa
now = ahora
midnight = medianoche
noon = mediodía
only = solo
allAgain = todo
onlyThis = Solo { $name }, o todo de nuevo
oneMore = Agregar otra
chosen = Elegido
letGo = Quitar { $name }
asOfThen = Recibidos desde { $from } hasta { $until }, según lo que se sabe hoy. Lo retirado desde entonces no se muestra.
backToNow = Volver a ahora
pastLoading = Cargando…
pastPart = Son demasiados para una página: solo se muestran los 10.000 más recientes.
pastFailed = No se pudieron cargar.
toNewest = Ir a la llamada más reciente, { $when }
toDay = Ir a un día
shareStill = Congelar este momento
copyStill = Copiar el enlace a este momento
stillHint = El primer enlace muestra siempre las llamadas más recientes. El segundo seguirá mostrando las llamadas de este momento, con lo que se sepa de ellas al abrirlo y sin las que se hayan retirado desde entonces.
clearSpan = Quitar el periodo

range-1 = 1 h
range-24 = 24 h
range-168 = 7 d
range-720 = 30 d

rangeLong-1 = Última hora
rangeLong-24 = Últimas 24 horas
rangeLong-168 = Últimos 7 días
rangeLong-720 = Últimos 30 días

timeline = Línea de tiempo
timelineText = { $open } incidentes abiertos y { $closed } cerrados, recibidos de { $from } a { $to }
spanFrom = Inicio del periodo
spanTo = Fin del periodo
hourRing = Horas del día
hourCount = { $hour }: { $count }
weekdays = Días de la semana
kind = Tipo

kinds-call = Llamadas de servicio
kinds-request = Solicitudes al 311

agency = Agencia

agencies-police = Policía
agencies-fire = Bomberos
agencies-ems = Ambulancia
agencies-public_works = Obras públicas
agencies-animal_services = Control de animales
agencies-traffic = Tránsito
agencies-sanitation = Saneamiento
agencies-transportation = Transporte
agencies-parks = Parques

status = Estado

statuses-open = Abierto
statuses-closed = Cerrado

origin = Iniciado por

origins-community = Comunidad
origins-officer = Agente

priority = Prioridad
any = Cualquiera

stages-reported = reportado
stages-ended = terminado
stages-received = recibido
stages-dispatched = despachado
stages-en_route = en camino
stages-on_scene = en el lugar
stages-closed = cerrado

stageTitles-reported = Reportado
stageTitles-ended = Terminado
stageTitles-received = Recibido
stageTitles-dispatched = Despachado
stageTitles-en_route = En camino
stageTitles-on_scene = En el lugar
stageTitles-closed = Cerrado

endedAs = { $stage } · { $disposition }
closedIn = Cerrado en { $span }
endedAfter = Terminó tras { $span }
noArrivals = La fuente «{ $source }» no indica cuándo llegan las unidades.
noEnds = La fuente «{ $source }» no indica cuándo termina nada.

dispositions-handled = atendido
dispositions-report_taken = con informe
dispositions-advised = con consejo
dispositions-cited = con citación
dispositions-arrest = con arresto
dispositions-referred = remitido
dispositions-unfounded = sin fundamento
dispositions-gone_on_arrival = ya no estaban
dispositions-unable_to_locate = no localizado
dispositions-cancelled = cancelado
dispositions-duplicate = duplicado
dispositions-false_alarm = falsa alarma
dispositions-crew_assigned = cuadrilla asignada
dispositions-completed = terminado
dispositions-other = otro

blockOf = cuadra { $number } de { $street }
nearStreet = { $street }, cerca de { $crossed }
nearCentre = Cerca del centro
fromCentre = A unos { $distance } al { $direction } del centro

directions-n = norte
directions-ne = noreste
directions-e = este
directions-se = sureste
directions-s = sur
directions-sw = suroeste
directions-w = oeste
directions-nw = noroeste

compass-n = N
compass-ne = NE
compass-e = E
compass-se = SE
compass-s = S
compass-sw = SO
compass-w = O
compass-nw = NO

away = { $distance } { $direction }
rowName = { $what }, { $state }, { $ago }, { $where }
isOpen = abierto
here = Aquí:

hereNames-position = Donde está usted
hereNames-address = Dirección
hereNames-area = Zona
hereNames-point = Un punto del mapa

onlyHere = Solo { $area }
forgetHere = Olvidar este lugar
nearest = Lo más cercano: { $what }, a unos { $distance } al { $direction }.
nearReported = Reportado: { $time }.
nearOpen = Reportado: { $time }; aún no ha terminado.
nearEnded = Reportado: { $time }; terminó: { $end }.
nothingElse = Nada más está abierto a menos de { $distance }.
moreOpen =
    { $count ->
        [one] Hay { $count } más abierto a menos de { $distance }.
       *[other] Hay { $count } más abiertos a menos de { $distance }.
    }
nothingNear = Nada de lo mostrado tiene un lugar.
noPlace = Lugar no mostrado

lacks-ground = ningún mapa base
lacks-names = ningún nombre
lacks-areas = ninguna zona

groundMissing = Solo usted ve esto, en el propio servidor: falta algo en el mapa ({ $what }). La orden «blocklight ground build» lo crea.

areaKind-beat = sector
areaKind-district = distrito
areaKind-neighbourhood = barrio
areaKind-neighborhood = barrio
areaKind-council_district = distrito del concejo
areaKind-zip = código postal

placeKinds-grid = Se muestra en el centro de cuadrícula más cercano, a no más de { $metres } del lugar.
placeKinds-intersection = Se muestra en el cruce más cercano, a no más de { $metres } del lugar.
placeKinds-block = Se muestra en el centro de la cuadra, a no más de { $metres } del lugar.
placeKinds-area = Se muestra en un punto para toda la zona, a no más de { $metres } del lugar.
placeKinds-publisher = Se muestra donde lo pone la fuente de la ciudad, a no más de { $metres } del lugar.

placeWithheld = Este incidente no está en el mapa: su lugar no se muestra.
delayed = Se publica más tarde de lo que llegó, por norma de la ciudad.
timeStep = Sus horas se recortan a pasos de { $minutes } minutos.
unitsAssigned =
    { $count ->
        [one] { $count } unidad asignada
       *[other] { $count } unidades asignadas
    }
priorityIs = Prioridad { $priority }
reportedAs = En palabras de la agencia: «{ $text }».
officerInitiated = Iniciado por un agente, no por una llamada de la comunidad.
nearby = { $count } más a menos de { $metres } en el tiempo mostrado
life = Qué ha cambiado desde que se mostró
firstShown = Se mostró por primera vez
changedTo = { $field }: { $value }

fields-status = Estado
fields-category = Categoría
fields-subcategory = Subcategoría
fields-priority = Prioridad
fields-units = Unidades
fields-disposition = Cómo terminó
fields-place = Lugar
fields-areas = Zona
fields-agency = Agencia
fields-origin = Iniciado por
fields-source_type = Palabras de la agencia
fields-dispatched_at = Despachado
fields-en_route_at = En camino
fields-on_scene_at = En el lugar
fields-closed_at = Cerrado
fields-received_at = Recibido
fields-kind = Tipo

gone = Este incidente ya no se muestra.
mapFailed = No se pudo cargar el mapa. La lista lo tiene todo.
marks = Incidentes en el mapa
map = Mapa de incidentes
zoomIn = Acercar
zoomOut = Alejar
wholeCity = Toda la ciudad
sheet = Cambiar el tamaño del panel
skip = Ir a la lista
keys-move = incidente siguiente y anterior
keys-open = abrir los detalles
keys-follow = seguir lo más reciente
keys-search = buscar
keys-close = cerrar o borrar la búsqueda
keys-help = esta ayuda
following = Siguiendo lo más reciente
openMark = Un anillo está abierto: alguien sigue trabajando en ello.
closedMark = Un disco lleno está cerrado. Se desvanece con el tiempo.
legend = Qué significan las marcas
printed = Situación a las { $time }
printedRest = { $count } más no se imprimen.

groups-harm = Daño a una persona
groups-property = Propiedad
groups-disturbance = Alteración
groups-traffic = Tránsito
groups-fire = Fuego y peligro
groups-medical = Emergencia médica
groups-services = 311 y servicios
groups-officer = Actividad policial

subcategory-smoke_alarm = Alarma de humo
subcategory-carbon_monoxide_alarm = Alarma de monóxido de carbono
subcategory-barking_dog = Perro que ladra
subcategory-stray_animal = Animal suelto
subcategory-dead_animal = Animal muerto
subcategory-vegetation_fire = Incendio de vegetación
subcategory-trash_fire = Incendio de basura
subcategory-tree_down = Árbol o rama caída
subcategory-wires_down = Cables caídos
subcategory-water_leak = Fuga de agua
subcategory-fuel_spill = Derrame de combustible
subcategory-gas_leak = Fuga de gas
subcategory-loud_music = Música alta
subcategory-loud_party = Fiesta ruidosa
subcategory-fireworks = Fuegos artificiales
subcategory-construction_noise = Ruido de obras
subcategory-business_noise = Ruido de un negocio
subcategory-illegal_parking = Estacionamiento indebido
subcategory-blocked_driveway = Entrada de vehículos bloqueada
subcategory-blocked_bicycle_lane = Ciclovía bloqueada
subcategory-abandoned_vehicle = Vehículo abandonado
subcategory-parking_meter = Parquímetro
subcategory-stalled_vehicle = Vehículo averiado
subcategory-road_hazard = Peligro en la vía
subcategory-pothole = Bache
subcategory-street_light = Alumbrado público
subcategory-traffic_signal = Semáforo
subcategory-sidewalk = Acera
subcategory-road_sign = Señal de tránsito
subcategory-storm_drain = Desagüe pluvial
subcategory-graffiti = Grafiti
subcategory-illegal_dumping = Basura arrojada
subcategory-missed_collection = Recolección omitida
subcategory-litter_bin = Basurero público
subcategory-park_maintenance = Mantenimiento de parques

category-violence = Agresión o amenaza
category-weapons = Arma
category-robbery = Robo con violencia
category-burglary = Robo en inmueble
category-theft = Robo sin violencia
category-vehicle_theft = Vehículo robado
category-property_damage = Daños materiales
category-disturbance = Altercado
category-suspicious = Algo sospechoso
category-traffic_collision = Choque
category-traffic = Tránsito
category-fire = Incendio
category-hazard = Peligro
category-medical = Emergencia médica
category-rescue = Rescate
category-alarm = Alarma
category-welfare = Verificación de bienestar
category-animal = Animal
category-parking = Estacionamiento
category-street_and_lights = Calle o alumbrado
category-graffiti_and_dumping = Grafiti o basura
category-noise = Ruido
category-service = Servicio municipal
category-officer_activity = Actividad policial
category-other = Otro

meaning-violence = Alguien avisó de una pelea, una agresión o una amenaza. Aún no se sabe qué ocurrió.
meaning-weapons = Alguien avisó de un arma o de su sonido. A menudo no se encuentra nada.
meaning-robbery = Alguien avisó de que le quitaron algo a una persona por la fuerza o con amenazas.
meaning-burglary = Alguien avisó de una entrada a la fuerza en un inmueble, o de un intento.
meaning-theft = Alguien avisó de un robo sin violencia, sin fuerza contra una persona.
meaning-vehicle_theft = Alguien avisó de un vehículo robado, o de uno que apareció.
meaning-property_damage = Alguien avisó de daños a cosas, como una ventana rota.
meaning-disturbance = Personas que discuten o molestan; no se sabe de heridos.
meaning-suspicious = Alguien vio algo que parecía fuera de lugar. Casi siempre no es nada.
meaning-traffic_collision = Chocaron vehículos, o un vehículo y una persona. Las lesiones no se muestran.
meaning-traffic = Un vehículo averiado, un carril cortado u otro problema de tránsito.
meaning-fire = Se avisó de fuego o humo.
meaning-hazard = Una fuga, un cable caído u otro peligro que hay que asegurar.
meaning-medical = Alguien necesitó ayuda médica. No se muestra nada más, y el lugar es menos preciso, para protegerle.
meaning-rescue = Hubo que liberar a alguien o ponerlo a salvo.
meaning-alarm = Sonó una alarma. Casi todas son falsas.
meaning-welfare = Alguien pidió comprobar que una persona está bien.
meaning-animal = Un animal suelto, herido o ruidoso.
meaning-parking = Un vehículo estacionado estorba o incumple las normas.
meaning-street_and_lights = Un bache, una luz de la calle apagada o una reparación parecida.
meaning-graffiti_and_dumping = Grafitis por limpiar o basura por recoger.
meaning-noise = Música alta, una fiesta u otro ruido.
meaning-service = Otra solicitud a los servicios de la ciudad.
meaning-officer_activity = Trabajo que los agentes iniciaron, como una patrulla o una parada de tránsito.
meaning-other = Algo que no encaja en las demás categorías.

areaNumbers = La zona en cifras

inNumbers = En cifras:
